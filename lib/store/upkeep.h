/// upkeep.h: what a store needs between deliveries: expiry, room, logs kept short, and figures of it all.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/metrics.h"
#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

/// Tells the log when what is done again and again fails, and when it works again; the first of a failure's lines at
/// most once a minute, however often it comes and goes. Not thread-safe.
class UpkeepHealth {
 public:
  explicit UpkeepHealth(std::string_view of) : of_(of) {}
  void note(const Result<void>& result, std::chrono::steady_clock::time_point now);

 private:
  std::string_view of_;
  bool told_ = false;  // that it fails
  std::chrono::steady_clock::time_point next_told_{};
};

/// Not thread-safe: the Committer's.
class Upkeep {
 public:
  using Steady = std::chrono::steady_clock;

  Upkeep(Store& store, metrics::Registry& metrics);

  /// A bounded step, if there is anything to be done, after so many deliveries. What fails is told to the log and
  /// counted: the caller could do nothing but go on. Blocking, as Store::purge() and tend().
  void step(std::size_t stored);
  /// When step() should be called at the latest; the past when there is a backlog.
  Steady::time_point next() const { return backlog_ ? Steady::time_point{} : next_; }

 private:
  Result<void> purge(std::size_t messages, Steady::time_point now);
  Result<void> tend();
  void pace(std::size_t removed, Steady::duration took);
  void tell(const PurgeReport& report, Steady::time_point now);
  void show(const StoreStats& stats);

  Store& store_;
  metrics::Gauge& inboxes_;
  metrics::Gauge& messages_;
  metrics::Gauge& size_;
  metrics::Gauge& wal_;
  metrics::Counter& expired_;
  metrics::Counter& evicted_;
  metrics::Counter& failures_;
  metrics::Histogram& seconds_;

  UpkeepHealth purging_{"purge"};
  UpkeepHealth tending_{"stats"};
  Steady::time_point next_ = Steady::now();
  bool backlog_ = false;  // of what has to go
  std::size_t most_;      // messages in a step, as it goes
  // What the log does not tell of yet:
  std::size_t untold_ = 0;     // evicted
  std::size_t most_told_ = 0;  // of them in one step,
  std::string whose_;          // those
  Steady::time_point next_told_ = Steady::now();
};

}  // namespace maildrop::store
