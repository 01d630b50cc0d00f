/// bulk_purge.cc: the two walks, and their pace.
#include "store/bulk_purge.h"

#include <algorithm>
#include <thread>

namespace maildrop::store {

namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostAtOnce = 500;          // in a chunk
constexpr std::uint64_t kMostBytes = 4u << 20;    // the same; a larger message goes alone, and takes as long as it came
constexpr std::uint64_t kLeastBytes = 32u << 10;  // what is smaller is the disk's time, and not its bytes
constexpr milliseconds kLongestPause{250};
constexpr int kScrubs = 20;
constexpr milliseconds kScrubEvery{100};

}  // namespace

void ChunkSize::took(Steady::duration time) {
  if (time > kTarget) {
    messages_ = std::max<std::size_t>(messages_ / 2, 1);
    bytes_ = std::max(bytes_ / 2, kLeastBytes);
  } else if (time < kTarget / 3) {
    messages_ = std::min(messages_ + messages_ / 4 + 1, kMostAtOnce);
    bytes_ = std::min(bytes_ + bytes_ / 4, kMostBytes);
  }
}

BulkPurge::BulkPurge(Store& store, const Clock& clock, std::vector<std::string> names, Wanted wanted)
    : store_(store), names_(std::move(names)), wanted_(std::move(wanted)), began_(clock.now()) {}

ScanCursor BulkPurge::begin() const { return {names_, 0, !names_.empty()}; }

Result<bool> BulkPurge::count(const GoOn& go_on) {
  for (ScanCursor cursor = begin(); !cursor.done();) {
    for (const Found& found : TRY(store_.scan(cursor, kScanPage))) {
      if (!wanted_(found)) continue;
      counted_.add(found.spot.inbox, found.summary);
      if (found.summary.received >= began_) late_.insert(found.spot.id.text());
    }
    if (!go_on(counted_)) return false;
  }
  return true;
}

bool BulkPurge::was_counted(const Found& found) const {
  return found.summary.received < began_ || late_.contains(found.spot.id.text());
}

Result<bool> BulkPurge::remove(const GoOn& go_on) {
  const auto patient = [&] { return go_on(removed_); };
  for (ScanCursor cursor = begin(); !cursor.done();) {
    for (Found& found : TRY(patiently([&] { return store_.scan(cursor, kScanPage); }, patient))) {
      if (!was_counted(found) || !wanted_(found)) continue;
      chunk_bytes_ += found.summary.size;
      chunk_.push_back(std::move(found));
      if (!size_.is_full(chunk_.size(), chunk_bytes_)) continue;
      TRY(remove_chunk(patient));
      if (!go_on(removed_)) return false;
    }
    if (!go_on(removed_)) return false;
  }
  TRY(remove_chunk(patient));
  go_on(removed_);  // all is done, whatever it says
  return true;
}

Result<void> BulkPurge::remove_chunk(const std::function<bool()>& patient) {
  if (chunk_.empty()) return {};
  std::vector<Spot> spots;
  for (const Found& found : chunk_) spots.push_back(found.spot);
  const Steady::time_point begun = Steady::now();
  const std::size_t gone = TRY(patiently([&] { return store_.remove_all(spots); }, patient));
  const Steady::duration took = Steady::now() - begun;
  size_.took(took);
  Tally all = removed_;
  for (const Found& found : chunk_) all.add(found.spot.inbox, found.summary);
  all.messages = removed_.messages + gone;  // the others went by themselves
  removed_ = all;
  chunk_.clear();
  chunk_bytes_ = 0;
  // Most of the time is the deliveries' alone, and the checkpoint's that both of them need.
  std::this_thread::sleep_for(std::min<Steady::duration>(4 * took, kLongestPause));
  return {};
}

bool BulkPurge::scrub() {
  for (int i = 0; i < kScrubs; ++i) {
    if (store_.scrub().value_or(false)) return true;
    std::this_thread::sleep_for(kScrubEvery);
  }
  return false;
}

}  // namespace maildrop::store
