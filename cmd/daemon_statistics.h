/// daemon_statistics.h: the statistics of a daemon's store.
#pragma once

#include <memory>

#include "api/statistics.h"
#include "api/statistics_watch.h"
#include "core/metrics.h"
#include "store/backends.h"
#include "store/statistics_counter.h"

namespace maildrop::cmd {

/// Outlives the loops; its end writes what is left to be counted.
class DaemonStatistics {
 public:
  /// A process that takes mail counts, any other reads; all else outlives it.
  static Result<std::unique_ptr<DaemonStatistics>> open(const store::OpenOptions& options, const Clock& clock,
                                                        const metrics::Registry& metrics);

  api::StatisticsReader& reader() { return reader_; }
  api::StatisticsWatch& watch() { return watch_; }

 private:
  DaemonStatistics(std::unique_ptr<store::Statistics> kept, const store::OpenOptions& options, const Clock& clock);

  const std::unique_ptr<store::Statistics> kept_;
  api::StatisticsReader reader_;
  api::StatisticsWatch watch_;
  std::unique_ptr<store::StatisticsCounter> counter_;
};

}  // namespace maildrop::cmd
