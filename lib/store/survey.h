/// survey.h: who has how much of a store: one walk through it, and of all it saw the largest. No I/O but scan().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "store/bulk.h"
#include "store/fair_share.h"

namespace maildrop::store {

/// An inbox, hidden and expired messages included.
struct InboxFigures {
  std::string name;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // of the messages as they came
  Time oldest{}, newest{};  // received
};

struct SourceFigures {
  Source source = Source::local;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

/// Memory is bounded however large the store is. Not thread-safe.
class Survey {
 public:
  static constexpr std::size_t kMost = 1000;            // inboxes that are told, in each order, and sources
  static constexpr std::size_t kMostSources = 100'000;  // 6 MB, and one more while the small ones are dropped

  enum class Order { size, age, messages };

  /// `most_sources`: that are counted at once.
  explicit Survey(const Clock& clock, std::size_t most_sources = kMostSources)
      : most_sources_(most_sources), begun_(clock.now()), clock_(clock) {}

  /// The next page of the walk: short, as a page of Store::scan(). After a failure it may be called again.
  Result<void> go_on(Store& store);
  bool done() const { return done_; }

  Time begun() const { return begun_; }
  Time ended() const { return ended_; }  // REQUIRES: done()
  /// So far.
  const Tally& all() const { return all_; }
  /// The first kMost: those with most bytes, with the oldest message, with most messages. REQUIRES: done().
  const std::vector<InboxFigures>& inboxes(Order order) const { return inboxes_[static_cast<std::size_t>(order)]; }
  /// The first kMost, by bytes. Where there are more than `most_sources`, bytes may be told too low: of none by more
  /// than all bytes by half of `most_sources`, and who has less than that may be missing. REQUIRES: done().
  const std::vector<SourceFigures>& sources() const { return sources_; }

 private:
  struct Holder {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t left = 0;  // of the bytes, after what was taken from all (drop_small_sources)
  };

  void add(const Found& found);
  void end_inbox();
  void end();
  void drop_small_sources();

  const std::size_t most_sources_;
  Time begun_, ended_{};
  const Clock& clock_;
  ScanCursor cursor_;
  Tally all_;
  InboxFigures open_;  // the one that the walk is in
  std::vector<InboxFigures> inboxes_[3];
  std::unordered_map<Source, Holder> by_source_;
  std::vector<SourceFigures> sources_;
  bool done_ = false;
};

}  // namespace maildrop::store
