/// statistics_digest.h: what an operator asks of the statistics: sums of some hours, rates, and how long deliveries
/// took. Arithmetic; how it is written is statistics_text.h and statistics_forms.h.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "api/statistics.h"
#include "core/clock.h"
#include "store/survey.h"

namespace maildrop::api {

/// What there is to be told, in the order in which it is.
enum class StatisticsPart : std::uint8_t { total, hour, reason, list, source, filter, latency, store };
/// `total`, `hour`...
std::string_view name_of(StatisticsPart part);
std::optional<StatisticsPart> statistics_part_named(std::string_view name);

/// How full a store is now.
struct StoreUse {
  std::uint64_t inboxes = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // all overhead included
  std::uint64_t limit = 0;  // store.max_size
  double share() const { return limit > 0 ? static_cast<double>(bytes) / static_cast<double>(limit) : 0; }
};

/// A share of the deliveries took no longer than `seconds`. That is known by buckets alone: it lies between `from` and
/// `to`, and where in there is a guess, as if the bucket's were spread evenly.
struct Quantile {
  double seconds = 0;
  double from = 0;
  double to = 0;  // infinite: longer than the longest bound, and `seconds` is that bound
};

struct Latency {
  std::uint64_t count = 0;                // deliveries
  std::optional<Quantile> p50, p90, p99;  // nothing: there were none
};

/// Of some hours.
struct Digest {
  Plot plot;
  Time now{};                                                // when it was read
  Time begin{}, end{};                                       // what was counted between; begin <= end
  bool open = false;                                         // the last hour is not over: `end` is now
  Latency latency;                                           // of these hours
  std::optional<StoreUse> store;                             // nothing: it is not known
  std::optional<std::vector<store::SourceFigures>> sources;  // nothing: nobody looked

  double hours() const { return std::chrono::duration<double, std::ratio<3600>>(end - begin).count(); }
  /// The rate of `n` in these hours. They are taken for a minute at least: two messages in the first second make no
  /// 7,200 an hour.
  double per_hour(std::uint64_t n) const { return static_cast<double>(n) / std::max(hours(), 1.0 / 60); }
};

/// REQUIRES: plot.hours > 0. Where counting began within the hours, the rates are of the time since.
Digest digest_of(Plot plot, Time now);

/// `share` in 0 to 1 of what is in group `latency`; nothing where that is empty. Members that are no bounds do not
/// count.
std::optional<Quantile> quantile_of(const Plot& plot, double share);

}  // namespace maildrop::api
