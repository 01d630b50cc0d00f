/// routes_v3_statistics.cc: what happened to mail, by the hour, and how much it is by now, as it happens. Nobody's
/// inbox is in it.
#include <utility>

#include "api/handshake.h"
#include "api/statistics.h"
#include "api/statistics_json.h"
#include "api/statistics_watch.h"
#include "api/v3.h"

namespace maildrop::api {

namespace {

const Fault kNoStatistics{503, "there are no statistics here", {}};

Response statistics(const Request& request, Args, Context& context) {
  const auto hours = number_of(request, "hours", StatisticsReader::kUsualHours, "hours must be a positive number");
  if (!hours) return problem(hours.error());
  if (!context.statistics) return problem(kNoStatistics);
  const auto plot = context.statistics->plot(*hours);
  return plot ? json_answer(200, plot_json(**plot)) : problem(plot.error());
}

std::string tell(const MailCounts& counts) {
  return to_text(Json{{"stored", counts.stored}, {"refused", counts.refused}});
}

Response statistics_events(const Request& request, Args, Context& context) {
  auto stream = totals_stream(request, context, tell);
  return stream ? std::move(*stream) : problem(stream.error());
}

constexpr Route kV3StatisticsRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/statistics",
     .summary = "numbers of mail since counting began, and by the hour; ?hours=N, 192 at most",
     .handle = statistics,
     .compresses = true,
     .query = "hours",
     .answer = "Statistics"},
    {.method = "GET",
     .pattern = "/api/v3/statistics/events",
     .summary = "how much was stored and refused, as it grows, as server-sent events or over a WebSocket",
     .handle = statistics_events,
     .runs = Runs::on_loop,
     .answer = "text/event-stream"},
};

}  // namespace

std::span<const Route> v3_statistics_routes() { return kV3StatisticsRoutes; }

/// The state is what was told last.
tl::expected<Response, Fault> totals_stream(const Request& request, const Context& context,
                                            std::string (*tell)(const MailCounts&)) {
  const bool socket = wants_web_socket(request);
  if (socket)
    if (const auto fault = refuse_web_socket(request, context.config)) return tl::unexpected(*fault);
  if (!context.statistics_watch) return tl::unexpected(kNoStatistics);
  const std::optional<MailCounts> counts = context.statistics_watch->latest();
  const std::string before = request.state.value_or(std::string());
  const std::string now = counts ? tell(*counts) : before;
  Response response;
  response.later = Later{MailTotals{}, {}, true, now};
  if (socket) {
    response.status = 101;
    response.content_type.clear();
    if (now != before) response.later->frames = {now};
    return response;
  }
  response.content_type = "text/event-stream";
  response.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would keep pieces until they are many
  if (!request.state) response.body = kRetry;
  if (now != before) response.body.append("data: ").append(now).append("\n\n");
  return response;
}

}  // namespace maildrop::api
