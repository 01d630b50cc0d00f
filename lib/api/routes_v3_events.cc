/// routes_v3_events.cc: what happens in an inbox, as it happens: server-sent events (WHATWG HTML 9.2).
#include <algorithm>
#include <utility>

#include "api/answer.h"
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

void append_event(std::string& out, std::string_view type, const std::string& id, const Json& data) {
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  out.append("event: ").append(type).append("\ndata: ").append(to_text(data)).append("\n\n");
}

/// From what was known to what there is; the oldest first.
std::string told(const Known& before, const std::vector<store::Summary>& newest_first) {
  std::string out;
  const Known now = known_of(newest_first);
  for (const std::string& id : before.ids)
    if (before.ids.size() < kMostKnown && !now.contains(id)) append_event(out, "removed", "", Json{{"id", id}});
  for (auto each = newest_first.rbegin(); each != newest_first.rend(); ++each)
    if (!before.contains(each->id.text())) append_event(out, "message", each->id.text(), v3_summary(*each));
  return out;
}

Response events(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const auto quarantined = quarantined_of(request);
  if (!quarantined) return problem(quarantined.error());
  const auto found = context.inboxes.list(*inbox, {.limit = kMostKnown, .quarantined = *quarantined});
  if (!found) return problem(found.error());
  const Known now = known_of(*found);
  Response response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would keep pieces until they are many
  if (!request.state) response.body = kRetry;
  response.body += told(request.state ? from_state(*request.state) : known_at_start(request, now), *found);
  response.later = Later{*inbox, {}, true, to_state(now)};
  return response;
}

constexpr Route kRoutes[] = {
    {"GET", "/api/v3/mailboxes/{name}/events",
     "what happens in an inbox, as server-sent events; ?since=ID or Last-Event-ID, ?quarantined=hidden|shown|only",
     events},
};

}  // namespace

std::span<const Route> v3_event_routes() { return kRoutes; }

}  // namespace maildrop::api
