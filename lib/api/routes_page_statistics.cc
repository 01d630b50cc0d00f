/// routes_page_statistics.cc: what comes and what is refused, drawn.
#include <algorithm>

#include "api/page.h"
#include "api/page_plot.h"
#include "api/statistics.h"
#include "api/v3.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kMostRows = 12;  // reasons that are named
constexpr std::size_t kMostLines = 4;  // lists that are drawn: more colours nobody tells apart

std::vector<const Series*> of_group(const Plot& plot, std::string_view group) {
  std::vector<const Series*> all;
  for (const Series& each : plot.series)
    if (each.group == group && each.sum() > 0) all.push_back(&each);
  return all;
}

Markup sums(const Plot& plot) {
  Markup list;
  for (const auto& [name, words] :
       {std::pair(store::series::kStored, "messages kept"), std::pair(store::series::kRefused, "refused"),
        std::pair(store::series::kDeferred, "told to come again"),
        std::pair(store::series::kConnections, "connections")}) {
    const Series* series = plot.find({}, name);
    const bool pushed = name == store::series::kStored || name == store::series::kRefused;
    list += html("<li><b{}>{}</b>{}</li>\n", pushed ? html(" data-count=\"{}\"", name) : Markup(),
                 with_commas(series ? series->total : 0), words);
  }
  return html("<ul class=\"sums\" id=\"counter\">\n{}</ul>\n", list);
}

/// The bars of all mail: kept, told to come again, refused.
Markup of_mail(const Plot& plot) {
  std::vector<PlottedSeries> series;
  for (const std::string_view name : {store::series::kStored, store::series::kDeferred, store::series::kRefused})
    if (const Series* found = plot.find({}, name)) series.push_back({found->name, name, found->counts});
  return series.empty() ? Markup() : stacked_bars("Mail by the hour", plot.first, series);
}

Markup by_reason(const Plot& plot) {
  const std::vector<const Series*> reasons = of_group(plot, store::series::kReason);
  if (reasons.empty()) return {};
  Markup rows;
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostRows); ++i)
    rows += html("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"drawn\">{}</td></tr>\n",
                 reasons[i]->name, with_commas(reasons[i]->sum()),
                 table_bar(reasons[i]->sum(), reasons[0]->sum(), store::series::kRefused));
  return html(
      "<figure>\n<figcaption>Why mail was not taken</figcaption>\n<div class=\"scroll\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"Why mail was not taken\"><table class=\"bars\">\n<thead><tr><th "
      "scope=\"col\">Reason</th><th scope=\"col\" class=\"number\">Count</th><th scope=\"col\"><span "
      "class=\"hidden\">Drawn</span></th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n</figure>\n",
      rows);
}

Markup of_lists(const Plot& plot) {
  static constexpr std::string_view kLooks[kMostLines] = {"c0", "c1", "c2", "c3"};
  const std::vector<const Series*> lists = of_group(plot, store::series::kList);
  std::vector<PlottedSeries> series;
  for (std::size_t i = 0; i < std::min(lists.size(), kMostLines); ++i)
    series.push_back({lists[i]->name, kLooks[i], lists[i]->counts});
  return series.empty() ? Markup() : lines("Clients that a DNS list knows", plot.first, series);
}

Markup spans(std::size_t hours, std::size_t most) {
  Markup links;
  for (const auto& [span, words] :
       {std::pair(StatisticsReader::kUsualHours, "24 hours"), std::pair(StatisticsReader::kWeek, "7 days")})
    if (span <= most)
      links += html("<a href=\"/statistics?hours={}\"{}>{}</a>\n", span,
                    span == hours ? html(" aria-current=\"page\"") : Markup(), words);
  return html("<nav class=\"tabs\" aria-label=\"Time\">\n{}</nav>\n", links);
}

Response statistics_page(const Request& request, Args, Context& context) {
  const auto hours = number_of(request, "hours", StatisticsReader::kUsualHours, "hours must be a positive number");
  if (!hours) return page_error(hours.error());
  if (!context.statistics) return page_error({503, "there are no statistics here", {}});
  const auto found = context.statistics->plot(std::min(*hours, StatisticsReader::kWeek));
  if (!found) return page_error(fault_of(found.error()));
  const Plot& plot = **found;
  Page content;
  content.title = "Statistics – maildrop";
  content.main = html("<h1>Statistics</h1>\n<p class=\"quiet\">{}{}</p>\n{}{}{}{}{}",
                      plot.since ? html("Since {}", moment(*plot.since)) : html("Nothing was counted yet"),
                      plot.since ? ". Hours are those of UTC." : ".", sums(plot),
                      spans(plot.hours, context.statistics->most()), of_mail(plot), by_reason(plot), of_lists(plot));
  return page(200, content);
}

constexpr Route kPageStatisticsRoutes[] = {
    {.method = "GET",
     .pattern = "/statistics",
     .summary = "a page of what was kept and refused, drawn by the hour; ?hours=N",
     .handle = statistics_page,
     .compresses = true,
     .page = true},
};

}  // namespace

std::span<const Route> page_statistics_routes() { return kPageStatisticsRoutes; }

}  // namespace maildrop::api
