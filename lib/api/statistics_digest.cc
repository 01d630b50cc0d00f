/// statistics_digest.cc: sums, rates and quantiles.
#include "api/statistics_digest.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace maildrop::api {

namespace {

namespace series = store::series;

constexpr std::string_view kPartNames[] = {"total", "hour", "reason", "list", "source", "filter", "latency", "store"};

/// What each bound's bucket has in these hours; the last one is for what took longer.
std::vector<std::uint64_t> latency_buckets(const Plot& plot) {
  std::vector<std::uint64_t> buckets(std::size(series::kLatencyBounds) + 1);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const bool longer = i == std::size(series::kLatencyBounds);
    const Series* found = plot.find(series::kLatency, longer ? series::kLonger : series::kLatencyBounds[i].name);
    if (found) buckets[i] = found->sum();
  }
  return buckets;
}

std::uint64_t sum_of(const std::vector<std::uint64_t>& buckets) {
  std::uint64_t sum = 0;
  for (const std::uint64_t each : buckets) sum += each;
  return sum;
}

}  // namespace

std::string_view name_of(StatisticsPart part) { return kPartNames[static_cast<std::size_t>(part)]; }

std::optional<StatisticsPart> statistics_part_named(std::string_view name) {
  const auto* found = std::find(std::begin(kPartNames), std::end(kPartNames), name);
  if (found == std::end(kPartNames)) return std::nullopt;
  return static_cast<StatisticsPart>(found - std::begin(kPartNames));
}

std::optional<Quantile> quantile_of(const Plot& plot, double share) {
  const std::vector<std::uint64_t> buckets = latency_buckets(plot);
  const std::uint64_t all = sum_of(buckets);
  if (all == 0) return std::nullopt;
  const double rank = std::clamp(share, 0.0, 1.0) * static_cast<double>(all);
  double below = 0, from = 0;
  for (std::size_t i = 0; i < std::size(series::kLatencyBounds); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    const double to = series::kLatencyBounds[i].seconds;
    if (here > 0 && below + here >= rank) return Quantile{from + (to - from) * (rank - below) / here, from, to};
    below += here;
    from = to;
  }
  return Quantile{from, from, std::numeric_limits<double>::infinity()};
}

Digest digest_of(Plot plot, Time now) {
  Digest digest;
  digest.plot = std::move(plot);
  const Plot& of = digest.plot;
  const store::Hour last = of.last();
  digest.now = now;
  digest.open = store::hour_of(now) <= last;  // a server's clock may be ahead of ours
  const Time end = digest.open ? now : store::begin_of(last + 1);
  digest.end = std::max(end, store::begin_of(last));
  digest.begin = std::min(std::max(store::begin_of(of.first), of.since.value_or(Time())), digest.end);
  digest.latency = {sum_of(latency_buckets(of)), quantile_of(of, 0.5), quantile_of(of, 0.9), quantile_of(of, 0.99)};
  return digest;
}

}  // namespace maildrop::api
