/// buckets.h: how much may be done in a minute, under each of many keys. No I/O.
///
/// Token buckets (as RFC 2697 has them) that hold a minute's worth and fill by the clock when they are looked at. Those
/// who share them with others (processes with one ledger) tell what was taken here, and hear what is missing
/// everywhere.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace maildrop {

/// `Rates` says what is counted:
///   Key, Hash            of a record, which has
///   kKinds               buckets, numbered from 0
///   per_minute(key, i)   unsigned: what bucket i of `key` holds, and gets in a minute
///   records              at most; the one unseen for longest is forgotten. The two seen last stay: somebody uses them.
///                        What is full again goes earlier, as it is worth nothing
///   shared               untold() is called, again and again
/// Not thread-safe. `now` never goes back.
template <class Rates>
class Buckets {
 public:
  using Key = typename Rates::Key;

  /// What was taken from one bucket.
  struct Spending {
    Key key;
    std::size_t kind;
    float tokens;
    unsigned per_minute;  // what it holds
  };

  explicit Buckets(Rates rates) : rates_(std::move(rates)) {}
  const Rates& rates() const { return rates_; }
  std::size_t size() const { return records_.size(); }

  /// Tokens that are missing; with Rates::shared as many as two buckets hold at most, since they hear of each other
  /// late.
  float missing(const Key& key, std::size_t kind, Monotonic now) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? 0 : missing(*found->second, kind, now);
  }
  /// Not one more fits.
  bool is_spent(const Key& key, std::size_t kind, Monotonic now) const {
    return missing(key, kind, now) + 1 > most(key, kind) * (1 + kRounded);
  }
  /// How many more fit.
  unsigned left(const Key& key, std::size_t kind, Monotonic now) const {
    return static_cast<unsigned>(std::max(0.0F, most(key, kind) * (1 + kRounded) - missing(key, kind, now)));
  }
  /// Until one more fits, if no more are taken. REQUIRES: per_minute() is not 0.
  std::chrono::duration<float> wait(const Key& key, std::size_t kind, Monotonic now) const {
    const float short_of = missing(key, kind, now) + 1 - most(key, kind) * (1 + kRounded / 2);
    return std::chrono::duration<float, std::ratio<60>>(std::max(0.0F, short_of / most(key, kind)));
  }

  /// Takes one token.
  void spend(const Key& key, std::size_t kind, Monotonic now) {
    Record& record = touch(key, now);
    ++record.missing[kind];
    if (!rates_.shared) return;
    ++record.untold[kind];
    const bool worth_it = record.missing[kind] >= kWorthTelling * most(key, kind);
    if (!worth_it || record.waiting[kind] || untold_.size() >= kMostUntold) return;
    untold_.emplace_back(key, kind);
    record.waiting[kind] = true;
  }
  /// It is in use, though nothing is taken. One that is not known stays so: strangers who come from ever new addresses
  /// would have the records of others forgotten.
  void refresh(const Key& key, Monotonic now) {
    if (by_key_.contains(key)) touch(key, now);
  }

  /// What was taken since this was last asked, and has not come back. A bucket is worth telling of when a sixteenth of
  /// it is gone, so that strangers who come once cost nothing. Of `most` buckets at most, and the others the next time.
  std::vector<Spending> untold(std::size_t most, Monotonic now) {
    std::vector<Spending> found;
    for (; found.size() < most && !untold_.empty(); untold_.pop_front()) {
      const auto& [key, kind] = untold_.front();
      const auto known = by_key_.find(key);
      if (known == by_key_.end()) continue;
      Record& record = *known->second;
      const float tokens = std::min(static_cast<float>(record.untold[kind]), missing(record, kind, now));
      if (tokens > 0) found.push_back({key, kind, tokens, rates_.per_minute(key, kind)});
      record.untold[kind] = 0;
      record.waiting[kind] = false;
    }
    return found;
  }
  /// So many tokens are missing from the bucket of all who share it, those of `told` included. What was taken here
  /// since comes on top. Less than half a token more than what is missing here is no news: it may be the time that
  /// telling took, and who was told when to come again is not to come in vain.
  void hear(const Spending& told, float missing_everywhere, Monotonic now) {
    if (!by_key_.contains(told.key)) return;
    Record& record = touch(told.key, now);
    const float all = missing_everywhere + static_cast<float>(record.untold[told.kind]);
    float& here = record.missing[told.kind];
    if (all >= here + kNews) here = std::max(here, std::min(all, 2 * static_cast<float>(told.per_minute)));
  }

  /// Of the records seen last, the last one first.
  template <class Call>
  void each_key(std::size_t most, Call call) const {
    for (const Record& record : records_) {
      if (most-- == 0) return;
      call(record.key);
    }
  }
  /// All its tokens are there again.
  void forget(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    records_.erase(found->second);
    by_key_.erase(found);
  }

  /// Of the next tokens on: what is in the buckets stays, up to their new size.
  void apply(Rates rates) {
    rates_ = std::move(rates);
    if (!rates_.shared) {
      untold_.clear();
      for (Record& record : records_) {
        record.untold = {};
        record.waiting = {};
      }
    }
    shrink();
  }

 private:
  static constexpr std::size_t kKinds = Rates::kKinds;
  static constexpr std::size_t kMostUntold = 10'000;  // buckets; others wait until there is room
  static constexpr float kWorthTelling = 1.0F / 16;
  static constexpr float kNews = 0.5F;      // of a token
  static constexpr int kForgotten = 2;      // for each new record: more than come, so that any backlog ends
  static constexpr float kRounded = 1e-6F;  // of a bucket: what is back but for the last bits of a float is back

  struct Record {
    Key key;
    std::array<float, kKinds> missing;
    Monotonic as_of;
    std::array<unsigned, kKinds> untold{};
    std::array<bool, kKinds> waiting{};  // in untold_
  };
  using Records = std::list<Record>;  // seen last comes first

  float most(const Key& key, std::size_t kind) const { return static_cast<float>(rates_.per_minute(key, kind)); }
  float missing(const Record& record, std::size_t kind, Monotonic now) const {
    const float minutes = std::chrono::duration<float, std::ratio<60>>(now - record.as_of).count();
    const float full = most(record.key, kind);
    return std::clamp(record.missing[kind] - minutes * full, 0.0F, rates_.shared ? 2 * full : full);
  }

  /// The record, brought up to date; a new one has all its tokens.
  Record& touch(const Key& key, Monotonic now) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
      for (int i = 0; i < kForgotten && !records_.empty() && is_full(records_.back(), now); ++i) forget_last();
      records_.push_front({key, {}, now});
      by_key_[key] = records_.begin();
      shrink();
      return records_.front();
    }
    records_.splice(records_.begin(), records_, found->second);
    Record& record = records_.front();
    for (std::size_t i = 0; i < kKinds; ++i) record.missing[i] = missing(record, i, now);
    record.as_of = now;
    return record;
  }

  bool is_full(const Record& record, Monotonic now) const {
    for (std::size_t i = 0; i < kKinds; ++i)
      if (missing(record, i, now) > most(record.key, i) * kRounded) return false;
    return true;
  }
  void forget_last() {
    by_key_.erase(records_.back().key);
    records_.pop_back();
  }
  void shrink() {
    while (records_.size() > std::max<std::size_t>(2, rates_.records)) forget_last();
  }

  Rates rates_;
  Records records_;
  std::unordered_map<Key, typename Records::iterator, typename Rates::Hash> by_key_;
  std::deque<std::pair<Key, std::size_t>> untold_;
};

}  // namespace maildrop
