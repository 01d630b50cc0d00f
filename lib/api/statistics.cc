/// statistics.cc: arranging, and reading no more often than it is worth.
#include "api/statistics.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace maildrop::api {

namespace {

namespace series = store::series;

constexpr std::string_view kOfMail[] = {series::kStored, series::kRefused,     series::kDeferred,    series::kDiscarded,
                                        series::kTagged, series::kQuarantined, series::kConnections, series::kBytes};
constexpr std::string_view kGroups[] = {"", series::kReason, series::kFilter, series::kList, series::kLatency};

/// Its place in a table; behind it what is not there.
template <class Table>
std::size_t place_in(const Table& table, std::string_view name) {
  return static_cast<std::size_t>(std::find(std::begin(table), std::end(table), name) - std::begin(table));
}

Series named(std::string_view full, std::size_t hours) {
  const std::size_t colon = full.find(':');
  const bool in_group = colon != std::string_view::npos;
  Series series;
  if (in_group) series.group = full.substr(0, colon);
  series.name = in_group ? full.substr(colon + 1) : full;
  series.counts.resize(hours);
  return series;
}

/// Mail's own have an order, and so have bounds; other groups' members go by what they have.
std::size_t fixed_place(const Series& each) {
  if (each.group.empty()) return place_in(kOfMail, each.name);
  if (each.group != series::kLatency) return 0;
  const auto* bound = std::find_if(std::begin(series::kLatencyBounds), std::end(series::kLatencyBounds),
                                   [&](const series::LatencyBound& its) { return its.name == each.name; });
  return static_cast<std::size_t>(bound - std::begin(series::kLatencyBounds));
}

bool comes_before(const Series& a, const Series& b) {
  const auto rank = [](const Series& each) {
    return std::tuple(place_in(kGroups, each.group), std::string_view(each.group), fixed_place(each), ~each.sum(),
                      ~each.total, std::string_view(each.name));
  };
  return rank(a) < rank(b);
}

}  // namespace

std::uint64_t Series::sum() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

const Series* Plot::find(std::string_view group, std::string_view name) const {
  const auto found = std::find_if(series.begin(), series.end(),
                                  [&](const Series& each) { return each.group == group && each.name == name; });
  return found == series.end() ? nullptr : &*found;
}

Plot plot_of(const store::Numbers& numbers, store::Hour last, std::size_t hours) {
  Plot plot{numbers.since, last - static_cast<store::Hour>(hours) + 1, hours, {}};
  std::map<std::string, Series, std::less<>> all;
  const auto find = [&](std::string_view name) -> Series& {
    return all.try_emplace(std::string(name), named(name, hours)).first->second;
  };
  for (const std::string_view name : kOfMail) find(name);
  for (const auto& [name, total] : numbers.totals) find(name).total = total;
  for (const store::Count& each : numbers.counts)
    if (each.hour >= plot.first && each.hour <= last)
      find(each.series).counts[static_cast<std::size_t>(each.hour - plot.first)] += each.n;
  for (auto& [name, series] : all) plot.series.push_back(std::move(series));
  std::sort(plot.series.begin(), plot.series.end(), comes_before);
  return plot;
}

Plot part_of(Plot plot, store::Hour first, store::Hour last) {
  first = std::clamp(first, plot.first, plot.last());
  last = std::clamp(last, first, plot.last());
  for (Series& each : plot.series) {
    each.counts.erase(each.counts.begin() + (last - plot.first + 1), each.counts.end());
    each.counts.erase(each.counts.begin(), each.counts.begin() + (first - plot.first));
  }
  plot.first = first;
  plot.hours = static_cast<std::size_t>(last - first) + 1;
  std::sort(plot.series.begin(), plot.series.end(), comes_before);
  return plot;
}

MailCounts mail_counts(const store::Numbers& numbers) {
  const auto total = [&](std::string_view name) {
    const auto found = numbers.totals.find(name);
    return found == numbers.totals.end() ? 0 : found->second;
  };
  return {total(series::kStored), total(series::kRefused)};
}

StatisticsReader::StatisticsReader(store::Statistics& statistics, const Clock& clock, std::size_t most)
    : statistics_(statistics), clock_(clock), most_(std::clamp<std::size_t>(most, 1, kMostHours)) {}

/// The last reading, which is made again when it is too old. Who comes meanwhile waits for it.
Result<std::shared_ptr<StatisticsReader::Reading>> StatisticsReader::fresh(Read& read, std::size_t hours) {
  const std::lock_guard lock(read.mutex);
  if (read.latest && clock_.monotonic() - read.at < kFresh) return *read.latest;
  const auto reading = std::make_shared<Reading>();
  reading->last = store::hour_of(clock_.now());
  Result<store::Numbers> numbers =
      hours == 0 ? statistics_.totals()
                 : statistics_.read(reading->last - static_cast<store::Hour>(hours) + 1, reading->last);
  if (numbers) {
    reading->numbers = std::move(*numbers);
    read.latest = reading;
  } else {
    read.latest = tl::unexpected(std::move(numbers.error()));
  }
  read.at = clock_.monotonic();
  return *read.latest;
}

Result<MailCounts> StatisticsReader::counts() {
  const std::shared_ptr<Reading> reading = TRY(fresh(totals_, 0));
  return mail_counts(reading->numbers);
}

/// Arranged outside the locks: who asks for another span does not wait for it, and two may do it at once.
Result<std::shared_ptr<const Plot>> StatisticsReader::plot(std::size_t hours) {
  hours = std::clamp<std::size_t>(hours, 1, most_);
  const bool few = hours <= kUsualHours;
  const std::shared_ptr<Reading> reading = TRY(fresh(few ? usual_ : all_, few ? kUsualHours : most_));
  if (hours != kUsualHours && hours != kWeek && hours != most_)
    return std::make_shared<const Plot>(plot_of(reading->numbers, reading->last, hours));
  {
    const std::lock_guard lock(reading->mutex);
    if (const auto made = reading->plots.find(hours); made != reading->plots.end()) return made->second;
  }
  auto plot = std::make_shared<const Plot>(plot_of(reading->numbers, reading->last, hours));
  const std::lock_guard lock(reading->mutex);
  return reading->plots.try_emplace(hours, std::move(plot)).first->second;
}

}  // namespace maildrop::api
