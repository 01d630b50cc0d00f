/// statistics_forms.h: a digest of the statistics for programs: JSON, CSV, and Prometheus.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "api/json.h"
#include "api/statistics_digest.h"

namespace maildrop::api {

/// What of a digest is written.
struct StatisticsChoice {
  std::optional<StatisticsPart> part{};  // nothing: all that is known
  std::size_t top = 0;                   // members of each group, the first ones; 0: all
  bool wants(StatisticsPart which) const { return !part || *part == which; }
};

/// Whether the series belongs to that part, and so whether its group is shown: `reason`, `filter`, `list`, `latency`.
bool is_of(const Series& series, StatisticsPart part);

/// Schema `maildrop.stats/1`.
Json statistics_json(const Digest& digest, const StatisticsChoice& choice);
/// With a line of names (RFC 4180, lines end in LF). Without a part: a line for each series.
std::string statistics_csv(const Digest& digest, const StatisticsChoice& choice);
/// Text exposition 0.0.4: the totals since counting began, of all processes of a store, and how full that is. The
/// names are others than those of /metrics, which are a process's.
std::string statistics_prometheus(const Digest& digest);

}  // namespace maildrop::api
