/// upkeep.h: what a store needs between deliveries: expiry, room, logs kept short, and figures of it all.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/metrics.h"
#include "store/store.h"

namespace maildrop::store {

/// Not thread-safe: the Committer's.
class Upkeep {
 public:
  using Steady = std::chrono::steady_clock;

  Upkeep(Store& store, metrics::Registry& metrics);

  /// A bounded step, if there is anything to be done, after so many deliveries. Failures show in the next put() or in
  /// ready(). Blocking, as Store::purge() and tend().
  void step(std::size_t stored);
  /// When step() should be called at the latest; the past when there is a backlog.
  Steady::time_point next() const { return backlog_ ? Steady::time_point{} : next_; }

 private:
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
  metrics::Histogram& seconds_;

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
