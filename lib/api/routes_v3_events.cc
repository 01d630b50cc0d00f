/// routes_v3_events.cc: what happens in an inbox, as it happens: server-sent events (WHATWG HTML 9.2), and the same
/// over a WebSocket.
#include <algorithm>
#include <optional>
#include <utility>

#include "api/answer.h"
#include "api/handshake.h"
#include "api/inbox_events.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

/// The last one that somebody has seen, by his word; nothing: he begins now.
const std::string* last_seen(const Request& request) {
  const auto header = request.headers.find("last-event-id");
  if (header != request.headers.end()) return &header->second;
  const auto query = request.query.find("since");
  return query == request.query.end() ? nullptr : &query->second;
}

/// What who begins knows: of one that he has seen and what is older; of one that is not there (any more) nothing, as in
/// a list with ?since=.
KnownMessages known_at_start(const Request& request, const KnownMessages& now) {
  const std::string* seen = last_seen(request);
  if (!seen) return now;
  KnownMessages known;
  known.ids.assign(std::find(now.ids.begin(), now.ids.end(), *seen), now.ids.end());
  return known;
}

std::string_view type_of(const InboxEvent& event) { return event.stored ? "message" : "removed"; }

Json data_of(const InboxEvent& event) { return event.stored ? v3_summary(*event.stored) : Json{{"id", event.id}}; }

/// Where a stream may go on is behind a message, so a removal has no id.
std::string as_text(const std::vector<InboxEvent>& events) {
  std::string text;
  for (const InboxEvent& event : events) {
    if (event.stored) text.append("id: ").append(event.id).append("\n");
    text.append("event: ").append(type_of(event)).append("\ndata: ").append(to_text(data_of(event))).append("\n\n");
  }
  return text;
}

std::vector<std::string> as_frames(const std::vector<InboxEvent>& events) {
  std::vector<std::string> frames;
  for (const InboxEvent& event : events)
    frames.push_back(to_text(Json{{"event", type_of(event)}, {"data", data_of(event)}}));
  return frames;
}

Response events(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const auto quarantined = quarantined_of(request);
  if (!quarantined) return problem(quarantined.error());
  const bool socket = wants_web_socket(request);
  if (const auto fault = socket ? refuse_web_socket(request, context.config) : std::nullopt) return problem(*fault);
  if (socket && !context.watch) return problem(Fault{503, "there is no news here", "this process watches no inbox"});
  const auto found = context.inboxes.list(*inbox, {.limit = kMostKnown, .quarantined = *quarantined});
  if (!found) return problem(found.error());
  const KnownMessages now = known_of(*found);
  const std::vector<InboxEvent> events =
      what_happened(request.state ? from_state(*request.state) : known_at_start(request, now), *found);
  Response response;
  response.later = Later{*inbox, {}, true, to_state(now)};
  if (socket) {
    response.status = 101;
    response.content_type.clear();
    response.later->frames = as_frames(events);
    return response;
  }
  response.content_type = "text/event-stream";
  response.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would keep pieces until they are many
  if (!request.state) response.body = kRetry;
  response.body += as_text(events);
  return response;
}

constexpr Route kV3EventRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/events",
     .summary = "what happens in an inbox, as server-sent events or over a WebSocket; ?since=ID, "
                "?quarantined=hidden|shown|only",
     .handle = events,
     .query = "since quarantined",
     .answer = "text/event-stream"},
};

}  // namespace

std::span<const Route> v3_event_routes() { return kV3EventRoutes; }

}  // namespace maildrop::api
