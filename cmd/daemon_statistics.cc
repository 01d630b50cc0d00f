/// daemon_statistics.cc: from the counters of this process to what all processes of the store tell.
#include "daemon_statistics.h"

#include <utility>

#include "smtp/counted_series.h"

namespace maildrop::cmd {

DaemonStatistics::DaemonStatistics(std::unique_ptr<store::Statistics> kept, const store::OpenOptions& options,
                                   const Clock& clock)
    : kept_(std::move(kept)),
      reader_(*kept_, clock, static_cast<std::size_t>(store::hours_kept(options.settings.statistics_age))),
      watch_(reader_) {}

Result<std::unique_ptr<DaemonStatistics>> DaemonStatistics::open(const store::OpenOptions& options, const Clock& clock,
                                                                 const metrics::Registry& metrics) {
  std::unique_ptr<store::Statistics> kept = TRY(store::open_statistics(options));
  store::Statistics& statistics = *kept;
  std::unique_ptr<DaemonStatistics> made(new DaemonStatistics(std::move(kept), options, clock));
  if (options.role == store::Role::writer)
    made->counter_ = std::make_unique<store::StatisticsCounter>(statistics, clock, metrics, smtp::counted_series());
  return made;
}

}  // namespace maildrop::cmd
