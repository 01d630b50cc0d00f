/// statistics_json.cc: numbers as a server tells them, and as its client reads them again.
#include "api/statistics_json.h"

#include <utility>

#include "core/parse_time.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kMostPlotHours = 62 * 24;  // what store.statistics_age keeps at most
/// What a store tells at most: those that the hours have need not be those of the totals.
constexpr std::size_t kMostPlotSeries = 10'000;

bool is_plot_count(const Json& value) { return value.is_number_unsigned(); }

Result<Series> parse_series(const Json& object, std::size_t hours) {
  const auto bad = [] { return fail(Code::corrupt, "the answer holds a series that is none"); };
  if (!object.is_object()) return bad();
  Series series{text_at(object, "group"), text_at(object, "name"), 0, {}};
  if (series.group.size() + series.name.size() > store::Statistics::kLongestName) return bad();
  const auto total = object.find("total"), counts = object.find("counts");
  if (series.name.empty() || total == object.end() || !is_plot_count(*total)) return bad();
  if (counts == object.end() || !counts->is_array() || counts->size() != hours) return bad();
  series.total = total->get<std::uint64_t>();
  for (const Json& each : *counts) {
    if (!is_plot_count(each)) return bad();
    series.counts.push_back(each.get<std::uint64_t>());
  }
  return series;
}

}  // namespace

Json plot_json(const Plot& plot) {
  Json series = Json::array();
  for (const Series& each : plot.series)
    series.push_back(Json{{"group", each.group}, {"name", each.name}, {"total", each.total}, {"counts", each.counts}});
  return Json{{"since", plot.since ? Json(rfc3339(*plot.since)) : Json(nullptr)},
              {"first", rfc3339(store::begin_of(plot.first))},
              {"hours", plot.hours},
              {"series", std::move(series)}};
}

Result<Plot> parse_plot(const Json& answer) {
  const auto bad = [] { return fail(Code::corrupt, "the answer is no statistics"); };
  if (!answer.is_object()) return bad();
  const auto hours = answer.find("hours"), series = answer.find("series");
  const auto first = parse_rfc3339(text_at(answer, "first"));
  if (hours == answer.end() || !is_plot_count(*hours) || !first) return bad();
  if (series == answer.end() || !series->is_array() || series->size() > kMostPlotSeries) return bad();
  Plot plot{parse_rfc3339(text_at(answer, "since")), store::hour_of(*first), 0, {}};
  plot.hours = hours->get<std::size_t>();
  if (plot.hours < 1 || plot.hours > kMostPlotHours || *first < Time()) return bad();
  for (const Json& each : *series) plot.series.push_back(TRY(parse_series(each, plot.hours)));
  return plot;
}

}  // namespace maildrop::api
