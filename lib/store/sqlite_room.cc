/// sqlite_room.cc: counting, hunting, evicting, a step at a time.
#include "store/sqlite_room.h"

#include <algorithm>

#include "store/sqlite_writer_state.h"

namespace maildrop::store::sqlite {

namespace {

constexpr std::int64_t kRows = 4096;         // read in one step: a few milliseconds
constexpr std::int64_t kHuntEvery = 60'000;  // ms at most: a source may have become large since

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
    if (victims_.contains(holders[i].source)) return evict(state, holders[i], most, report);
  }
  if (!holders.empty() && state.expiry_now() >= next_hunt_) {
    report.more = true;
    hunted_.emplace();
    old_ = state.expiry_now() - caps.min_age.count();
    next_old_ = state.expiry_now() + kHuntEvery;
    return hunt(state, caps);
  }
  if (!must_yield(0)) return {};
  const auto wanted = static_cast<std::int64_t>(reserve(capacity_) - free_);
  const PurgeReport idle =
      TRY(expire(state, most, std::min(kStepBytes, wanted), state.expiry_now() - caps.min_age.count()));
  report.evicted += idle.removed;
  report.more = idle.removed != 0 && idle.more;
  return {};
}

Result<void> Room::count(Writer::State& state) {
  std::int64_t rows = 0;
  const bool messages = counted_ == Counted::messages;
  Cursor cursor(messages ? state.scan_messages : state.scan_shared);
  if (messages) {
    cursor->bind(1, message_.inbox).bind(2, message_.seq).bind(3, kRows);
  } else {
    cursor->bind(1, body_).bind(2, kRows);
  }
  for (; TRY(cursor->step()); ++rows) {
    if (messages) {
      message_ = {cursor->integer(0), cursor->integer(1)};
    } else {
      body_ = cursor->integer(0);
    }
    const int column = messages ? 3 : 1;
    holdings_.add(Source(cursor->integer(column)), static_cast<std::uint64_t>(cursor->integer(column + 1)));
  }
  if (rows < kRows) counted_ = messages ? Counted::bodies : Counted::all;
  return {};
}

Result<void> Room::hunt(Writer::State& state, const Caps& caps) {
  std::int64_t rows = 0;
  Cursor cursor(state.scan_messages);
  cursor->bind(1, hunted_->inbox).bind(2, hunted_->seq).bind(3, kRows);
  for (; TRY(cursor->step()); ++rows) {
    *hunted_ = {cursor->integer(0), cursor->integer(1)};
    const auto source = Source(cursor->integer(3));
    if (!holdings_.is_large(source)) continue;
    const std::int64_t at = cursor->integer(2);
    if (at <= old_) {
      note_victim(source, {at, *hunted_});
    } else {
      next_old_ = std::min(next_old_, at + caps.min_age.count());
    }
  }
  if (rows == kRows) return {};
  hunted_.reset();
  next_hunt_ = std::max(next_old_, state.expiry_now());
  for (auto& [source, victims] : victims_) {
    std::sort(victims.begin(), victims.end(), [](const Victim& a, const Victim& b) { return a.at > b.at; });
  }
  return {};
}

void Room::note_victim(Source source, const Victim& victim) {
  victims_[source].push_back(victim);
  if (++noted_ > kMostVictims) keep_oldest_half();
}

/// What is dropped the next hunt finds.
void Room::keep_oldest_half() {
  std::vector<std::int64_t> times;
  times.reserve(noted_);
  for (const auto& [source, victims] : victims_)
    for (const Victim& victim : victims) times.push_back(victim.at);
  const auto half = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), half, times.end());
  old_ = *half - 1;
  next_old_ = 0;
  for (auto& [source, victims] : victims_) {
    std::erase_if(victims, [&](const Victim& victim) { return victim.at > old_; });
  }
  noted_ = 0;
  std::erase_if(victims_, [](const auto& each) { return each.second.empty(); });
  for (const auto& [source, victims] : victims_) noted_ += victims.size();
}

/// As far as one step goes, until that source need not make room. What is removed counts as free, though of a page that
/// messages share nothing is before all of them are gone: the next step sees how it is.
Result<void> Room::evict(Writer::State& state, const Holdings::Holder& holder, std::size_t most, PurgeReport& report) {
  Transaction transaction = TRY(Transaction::begin(state));
  std::vector<Victim>& victims = victims_.at(holder.source);
  std::uint64_t freed = 0;
  report.source = to_string(holder.source);
  for (std::size_t i = 0; i < most && !victims.empty() && freed < kStepBytes && must_yield(holder.bytes, freed); ++i) {
    const Victim victim = victims.back();
    victims.pop_back();
    --noted_;
    if (!TRY(state.evict(victim.place, victim.at, holder.source))) continue;
    ++report.evicted;
    freed = 0;
    for (const Change& change : changes_) freed += static_cast<std::uint64_t>(-change.charge);
  }
  if (victims.empty()) victims_.erase(holder.source);
  TRY(transaction.commit());
  report.more = must_yield(holder.bytes, freed);
  return {};
}

}  // namespace maildrop::store::sqlite
