/// routes_inbucket_monitor.cc: Inbucket's monitors, versions 1 and 2: what comes to an inbox, as texts over a
/// WebSocket. That server has one of all inboxes, too, which would make a public list of names that nobody can guess.
#include <algorithm>
#include <utility>

#include "api/handshake.h"
#include "api/inbox_events.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kHistory = 30;  // of what is there, told first: as many as that server keeps

/// A text, or nothing for what the version does not tell.
using Frame = std::string (*)(const std::string& inbox, const InboxEvent& event);

/// Version 1 has no word for what was removed.
std::string frame_v1(const std::string& inbox, const InboxEvent& event) {
  return event.stored ? to_text(inbucket_summary(inbox, *event.stored)) : std::string();
}

std::string frame_v2(const std::string& inbox, const InboxEvent& event) {
  if (event.stored)
    return to_text(Json{
        {"variant", "message-stored"}, {"identifier", nullptr}, {"header", inbucket_summary(inbox, *event.stored)}});
  return to_text(Json{
      {"variant", "message-deleted"}, {"identifier", Json{{"mailbox", inbox}, {"id", event.id}}}, {"header", nullptr}});
}

KnownMessages known_at_start(KnownMessages now) {
  now.ids.erase(now.ids.begin(), now.ids.begin() + static_cast<std::ptrdiff_t>(std::min(kHistory, now.ids.size())));
  return now;
}

Response monitor(const Request& request, Args args, Context& context, Frame frame) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return inbucket_error(inbox.error());
  if (!wants_web_socket(request)) return inbucket_error({400, "a WebSocket is to be opened here", {}});
  if (const auto fault = refuse_web_socket(request, context.config)) return inbucket_error(*fault);
  if (!context.watch) return inbucket_error({503, "there is no news here", "this process watches no inbox"});
  const auto found = context.inboxes.list(*inbox, {.limit = kMostKnown});
  if (!found) return inbucket_error(fault_of(found.error()));
  const KnownMessages now = known_of(*found);
  Response response;
  response.status = 101;
  response.content_type.clear();
  response.later = Later{*inbox, {}, true, to_state(now)};
  for (const InboxEvent& event :
       what_happened(request.state ? from_state(*request.state) : known_at_start(now), *found))
    if (std::string text = frame(inbox->name(), event); !text.empty())
      response.later->frames.push_back(std::move(text));
  return response;
}

Response monitor_v1(const Request& request, Args args, Context& context) {
  return monitor(request, args, context, frame_v1);
}

Response monitor_v2(const Request& request, Args args, Context& context) {
  return monitor(request, args, context, frame_v2);
}

Response monitor_of_all(const Request&, Args, Context&) {
  return inbucket_error({404, "there is no public monitor of all inboxes: name one", {}});
}

constexpr Route kInbucketMonitorRoutes[] = {
    {"GET", "/api/v1/monitor/messages/{name}", "what comes to an inbox, over a WebSocket; the last 30 first",
     monitor_v1},
    {"GET", "/api/v2/monitor/messages/{name}", "the same, and what is deleted", monitor_v2},
    {"GET", "/api/v1/monitor/messages", "404: there is no public monitor of all inboxes", monitor_of_all,
     Runs::on_loop},
    {"GET", "/api/v2/monitor/messages", "404, too", monitor_of_all, Runs::on_loop},
};

}  // namespace

std::span<const Route> inbucket_monitor_routes() { return kInbucketMonitorRoutes; }

}  // namespace maildrop::api
