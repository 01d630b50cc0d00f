/// sqlite_room.cc: counting, hunting, evicting, a step at a time.
#include "store/sqlite_room.h"

#include <algorithm>

#include "store/sqlite_writer_state.h"

namespace maildrop::store::sqlite {

namespace {

using Steady = std::chrono::steady_clock;

// Of a step that reads; whichever comes first.
constexpr std::int64_t kRows = 4096;
constexpr std::chrono::milliseconds kReading{5};
constexpr std::int64_t kLook = 64;  // rows between two looks at the clock

constexpr std::size_t kMostVictims = 1u << 16;  // noted, of all sources
constexpr std::int64_t kHuntEvery = 60'000;     // ms, at most: others may have to yield since
constexpr std::int64_t kRest = 1000;            // ms, at least,
constexpr std::int64_t kRestFactor = 10;        // and so many times what a hunt took

/// Whether a step that reads has time for one more row.
class Reading {
 public:
  bool goes_on() { return ++rows_ < kRows && (rows_ % kLook != 0 || Steady::now() < until_); }

 private:
  std::int64_t rows_ = 0;
  const Steady::time_point until_ = Steady::now() + kReading;
};

}  // namespace

void Room::begin() { changes_.clear(); }

void Room::message(Place place, Source source, std::int64_t charge) {
  const bool counts = counted_ > Counted::messages || (counted_ == Counted::messages && place <= message_);
  if (counts && charge != 0) changes_.push_back({source, charge});
}

void Room::shared_body(std::int64_t body, Source source, std::int64_t charge) {
  const bool counts = counted_ > Counted::bodies || (counted_ == Counted::bodies && body <= body_);
  if (counts) changes_.push_back({source, charge});
}

void Room::committed() {
  for (const Change& change : changes_) {
    if (change.charge > 0) {
      holdings_.add(change.source, static_cast<std::uint64_t>(change.charge));
    } else {
      holdings_.take(change.source, static_cast<std::uint64_t>(-change.charge));
    }
  }
  changes_.clear();
}

bool Room::must_yield(std::uint64_t held, std::uint64_t freed) const {
  return store::must_yield(held - std::min(held, freed), free_ + freed, capacity_);
}

Result<void> Room::start(Writer::State& state) {
  TRY(count(state));
  if (counted_ == Counted::bodies) TRY(count(state));
  return {};
}

Result<void> Room::step(Writer::State& state, std::size_t most, const Caps& caps, PurgeReport& report) {
  free_ = static_cast<std::uint64_t>(TRY(state.free()));
  if (counted_ != Counted::all && free_ >= capacity_ - capacity_ / 4) return {};
  report.more = true;
  if (counted_ != Counted::all) return count(state);
  if (hunted_) return hunt(state, caps);
  report.more = false;
  const std::vector<Holdings::Holder> holders = holdings_.largest();
  if (!must_yield(holders.empty() ? 0 : holders.front().bytes)) return {};
  for (std::size_t i = 0; i < std::min(holders.size(), kAsked) && must_yield(holders[i].bytes); ++i) {
    if (prey_.contains(holders[i].source)) return evict(state, holders[i], most, report);
  }
  if (!holders.empty() && state.expiry_now() >= next_hunt_) {
    report.more = true;
    begin_hunt(holders, state.expiry_now(), caps);
    return hunt(state, caps);
  }
  if (!must_yield(0) || !small_ones_yield(holdings_.of_large(), capacity_ - free_)) return {};
  return expire_longest(state, most, caps, report);
}

Result<void> Room::count(Writer::State& state) {
  const bool messages = counted_ == Counted::messages;
  Cursor cursor(messages ? state.scan_messages : state.scan_shared);
  if (messages) {
    cursor->bind(1, message_.inbox).bind(2, message_.seq).bind(3, kRows);
  } else {
    cursor->bind(1, body_).bind(2, kRows);
  }
  bool ended = false;
  for (Reading reading; !ended && reading.goes_on();) {
    ended = !TRY(cursor->step());
    if (ended) break;
    if (messages) {
      message_ = {cursor->integer(0), cursor->integer(1)};
    } else {
      body_ = cursor->integer(0);
    }
    const int column = messages ? 3 : 1;
    holdings_.add(Source(cursor->integer(column)), static_cast<std::uint64_t>(cursor->integer(column + 1)));
  }
  if (ended) counted_ = messages ? Counted::bodies : Counted::all;
  return {};
}

void Room::begin_hunt(const std::vector<Holdings::Holder>& holders, std::int64_t now, const Caps& caps) {
  prey_.clear();
  for (std::size_t i = 0; i < std::min(holders.size(), kAsked) && must_yield(holders[i].bytes); ++i)
    prey_[holders[i].source] = {now - caps.min_age.count()};
  hunted_.emplace();
  took_ = {};
  next_old_ = now + kHuntEvery;
}

Result<void> Room::hunt(Writer::State& state, const Caps& caps) {
  const Steady::time_point start = Steady::now();
  Cursor cursor(state.scan_messages);
  cursor->bind(1, hunted_->inbox).bind(2, hunted_->seq).bind(3, kRows);
  bool ended = false;
  for (Reading reading; !ended && reading.goes_on();) {
    ended = !TRY(cursor->step());
    if (ended) break;
    *hunted_ = {cursor->integer(0), cursor->integer(1)};
    const auto prey = prey_.find(Source(cursor->integer(3)));
    if (prey == prey_.end()) continue;
    const std::int64_t at = cursor->integer(2);
    if (at <= prey->second.old) {
      note(prey->second, {at, *hunted_});
    } else {
      next_old_ = std::min(next_old_, at + caps.min_age.count());
    }
  }
  took_ += Steady::now() - start;
  if (ended) end_hunt(state.expiry_now());
  return {};
}

void Room::end_hunt(std::int64_t now) {
  hunted_.reset();
  const std::int64_t took = std::chrono::duration_cast<std::chrono::milliseconds>(took_).count();
  next_hunt_ = std::max(next_old_, now + std::max(kRest, kRestFactor * took));
  std::erase_if(prey_, [](const auto& each) { return each.second.victims.empty(); });
  for (auto& [source, prey] : prey_) {
    std::sort(prey.victims.begin(), prey.victims.end(), [](const Victim& a, const Victim& b) { return a.at > b.at; });
  }
}

/// Of a source that has more than its part the older half is kept; the next hunt finds the rest.
void Room::note(Prey& prey, const Victim& victim) {
  std::vector<Victim>& victims = prey.victims;
  victims.push_back(victim);
  if (victims.size() <= kMostVictims / prey_.size()) return;
  const auto half = victims.begin() + static_cast<std::ptrdiff_t>(victims.size() / 2);
  std::nth_element(victims.begin(), half, victims.end(), [](const Victim& a, const Victim& b) { return a.at < b.at; });
  prey.old = half->at;
  victims.erase(half, victims.end());
  next_old_ = 0;
}

/// As far as one step goes, until that source need not make room. What is removed counts as free, though of a page that
/// messages share nothing is before all of them are gone: the next step sees how it is.
Result<void> Room::evict(Writer::State& state, const Holdings::Holder& holder, std::size_t most, PurgeReport& report) {
  Transaction transaction = TRY(Transaction::begin(state));
  std::vector<Victim>& victims = prey_.at(holder.source).victims;
  std::uint64_t freed = 0;
  for (std::size_t i = 0; i < most && !victims.empty() && freed < kStepBytes && must_yield(holder.bytes, freed); ++i) {
    const Victim victim = victims.back();
    victims.pop_back();
    if (!TRY(state.evict(victim.place, victim.at, holder.source))) continue;
    ++report.evicted;
    freed = 0;
    for (const Change& change : changes_) freed += static_cast<std::uint64_t>(-change.charge);
  }
  if (victims.empty()) prey_.erase(holder.source);
  TRY(transaction.commit());
  if (report.evicted != 0) report.source = to_string(holder.source);
  report.more = must_yield(holder.bytes, freed);
  return {};
}

Result<void> Room::expire_longest(Writer::State& state, std::size_t most, const Caps& caps, PurgeReport& report) {
  const auto wanted = static_cast<std::int64_t>(reserve(capacity_) - free_);
  const std::int64_t old = state.expiry_now() - caps.min_age.count();
  const PurgeReport idle = TRY(expire(state, most, std::min(kStepBytes, wanted), old));
  report.evicted += idle.removed;
  report.more = idle.more;  // though nothing was removed: what has received since was set aside
  return {};
}

}  // namespace maildrop::store::sqlite
