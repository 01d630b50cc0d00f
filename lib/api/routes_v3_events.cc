/// routes_v3_events.cc: what happens in an inbox, as it happens: server-sent events (WHATWG HTML 9.2), and the same
/// over a WebSocket.
#include <algorithm>
#include <optional>
#include <utility>

#include "api/answer.h"
#include "api/site.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

using Args = std::span<const std::string>;

/// Messages of an inbox that a stream knows of: the newest. What is below comes and goes untold.
constexpr std::size_t kMostKnown = 100;
constexpr std::string_view kRetry = "retry: 3000\n\n";  // how long a browser waits before it comes again, ms

struct Known {
  std::vector<std::string> ids;  // newest first
  bool contains(const std::string& id) const { return std::find(ids.begin(), ids.end(), id) != ids.end(); }
};

Known known_of(const std::vector<store::Summary>& newest_first) {
  Known known;
  for (const store::Summary& each : newest_first) known.ids.push_back(each.id.text());
  return known;
}

std::string to_state(const Known& known) {
  std::string state;
  for (const std::string& id : known.ids) state.append(state.empty() ? "" : " ").append(id);
  return state;
}

Known from_state(const std::string& state) {
  Known known;
  if (state.empty()) return known;
  for (const std::string_view id : split(state, ' ')) known.ids.emplace_back(id);
  return known;
}

/// The last one that somebody has seen, by his word; nothing: he begins now.
const std::string* last_seen(const Request& request) {
  const auto header = request.headers.find("last-event-id");
  if (header != request.headers.end()) return &header->second;
  const auto query = request.query.find("since");
  return query == request.query.end() ? nullptr : &query->second;
}

/// What who begins knows: of one that he has seen and what is older; of one that is not there (any more) nothing, as in
/// a list with ?since=.
Known known_at_start(const Request& request, const Known& now) {
  const std::string* seen = last_seen(request);
  if (!seen) return now;
  Known known;
  known.ids.assign(std::find(now.ids.begin(), now.ids.end(), *seen), now.ids.end());
  return known;
}

struct Event {
  std::string_view type;
  std::string id;  // of the message
  Json data;
};

/// From what was known to what there is; the oldest first.
std::vector<Event> told(const Known& before, const std::vector<store::Summary>& newest_first) {
  std::vector<Event> events;
  const Known now = known_of(newest_first);
  for (const std::string& id : before.ids)
    if (before.ids.size() < kMostKnown && !now.contains(id)) events.push_back({"removed", id, Json{{"id", id}}});
  for (auto each = newest_first.rbegin(); each != newest_first.rend(); ++each)
    if (!before.contains(each->id.text())) events.push_back({"message", each->id.text(), v3_summary(*each)});
  return events;
}

/// Where a stream may go on is behind a message, so a removal has no id.
std::string as_text(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) {
    if (event.type == "message") text.append("id: ").append(event.id).append("\n");
    text.append("event: ").append(event.type).append("\ndata: ").append(to_text(event.data)).append("\n\n");
  }
  return text;
}

std::vector<std::string> as_frames(const std::vector<Event>& events) {
  std::vector<std::string> frames;
  for (const Event& event : events) frames.push_back(to_text(Json{{"event", event.type}, {"data", event.data}}));
  return frames;
}

bool wants_web_socket(const Request& request) {
  return request.method == "GET" && equals_ignoring_case(field_of(request, "upgrade"), "websocket");
}

/// Pages everywhere may open a socket, and CORS does not keep them: who may not read what comes by it is told here.
std::optional<Fault> refuse_web_socket(const Request& request, const Context& context) {
  if (from_another_site(request) && !may_read(field_of(request, "origin"), context.config))
    return Fault{403, "pages of that origin may not read here (api.cors)", {}};
  if (field_of(request, "sec-websocket-version") != "13" || field_of(request, "sec-websocket-key").empty())
    return Fault{400, "that is no handshake of RFC 6455", {}};
  if (!context.watch) return Fault{503, "there is no news here", "this process watches no inbox"};
  return std::nullopt;
}

Response events(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const auto quarantined = quarantined_of(request);
  if (!quarantined) return problem(quarantined.error());
  const bool socket = wants_web_socket(request);
  if (const auto fault = socket ? refuse_web_socket(request, context) : std::nullopt) return problem(*fault);
  const auto found = context.inboxes.list(*inbox, {.limit = kMostKnown, .quarantined = *quarantined});
  if (!found) return problem(found.error());
  const Known now = known_of(*found);
  const std::vector<Event> events =
      told(request.state ? from_state(*request.state) : known_at_start(request, now), *found);
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

constexpr Route kRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/events",
     .summary = "what happens in an inbox, as server-sent events or over a WebSocket; ?since=ID, "
                "?quarantined=hidden|shown|only",
     .handle = events,
     .query = "since quarantined",
     .answer = "text/event-stream"},
};

}  // namespace

std::span<const Route> v3_event_routes() { return kRoutes; }

}  // namespace maildrop::api
