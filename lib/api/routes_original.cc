/// routes_original.cc: the API of the service as it was from 2013 to 2017, field for field. A delete takes the message
/// of that id or none, and an answer says so: it used to remove the oldest one for an id that it did not know.
#include <cstdio>
#include <ctime>
#include <utility>

#include "api/handshake.h"
#include "core/text.h"
#include "mail/suggestion.h"

namespace maildrop::api {

namespace {

/// `Nov 14 2023 10:13 PM`, in UTC.
std::string shown_date(Time time) {
  const auto seconds = static_cast<std::time_t>(to_millis(time) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  const int hour = parts.tm_hour % 12 == 0 ? 12 : parts.tm_hour % 12;
  std::snprintf(text, sizeof text, "%s %d %d %02d:%02d %s", kMonths[parts.tm_mon], parts.tm_mday, parts.tm_year + 1900,
                hour, parts.tm_min, parts.tm_hour < 12 ? "AM" : "PM");
  return text;
}

/// A message that is not there was always an empty object.
Response not_found() { return json_answer(404, Json::object()); }

Response original_list(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return v2_error(inbox.error());
  const auto found = context.inboxes.list(*inbox, {});
  if (!found) return v2_error(fault_of(found.error()));
  Json all = Json::array();
  for (const store::Summary& each : *found)
    all.push_back(Json{{"id", each.id.text()},
                       {"sender", shown_sender(each)},
                       {"subject", each.subject},
                       {"date", shown_date(each.received)}});
  return json_answer(200, all);
}

Response original_get(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return v2_error(inbox.error());
  const Result<store::MessageId> id = store::MessageId::parse(args[1]);
  if (!id) return not_found();  // an id of another form was never given out
  const Result<store::Message> message = context.inboxes.get(*inbox, *id);
  if (!message && message.error().code == Code::not_found) return not_found();
  if (!message) return v2_error(fault_of(message.error()));
  const store::Summary& from = message->summary;
  return json_answer(200, Json{{"id", from.id.text()},
                               {"sender", shown_sender(from)},
                               {"recipient", local_part(from)},
                               {"subject", from.subject},
                               {"date", to_millis(from.received)},
                               {"body", valid_utf8(message->data)}});
}

Response original_remove(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return v2_error(inbox.error());
  const Result<store::MessageId> id = store::MessageId::parse(args[1]);
  Result<bool> removed = false;
  if (id) removed = context.inboxes.remove(*inbox, *id);
  if (!removed) return v2_error(fault_of(removed.error()));
  return *removed ? json_answer(200, Json{{"deleted", id->text()}}) : not_found();
}

Response original_suggestion(const Request&, Args, Context&) {
  return json_answer(200, Json{{"suggestion", mail::suggest_name()}});
}

Response blocked(const Request&, Args, Context& context) {
  const auto counts = mail_counts(context);
  if (!counts) return v2_error(counts.error());
  return json_answer(200, Json{{"blocked", counts->refused}});
}

/// The total in a text frame, as it is, and each time that it has grown.
Response blocked_socket(const Request& request, Args, Context& context) {
  if (const auto fault = refuse_web_socket(request, context.config)) return v2_error(*fault);
  auto stream =
      totals_stream(request, context, [](const MailCounts& counts) { return std::to_string(counts.refused); });
  return stream ? std::move(*stream) : v2_error(stream.error());
}

constexpr Growth kWhole{8, 0};  // as UTF-8, and that as JSON: six for a control character

constexpr Route kOriginalRoutes[] = {
    {"GET", "/api/inbox/{name}", "list an inbox, newest first, as the service of 2013 did", original_list},
    {"GET", "/api/inbox/{name}/{id}", "one message with its source", original_get, Runs::on_worker, kWhole},
    {"DELETE", "/api/inbox/{name}/{id}", "delete one message", original_remove},
    {"GET", "/api/suggestion", "a name that nobody can guess", original_suggestion, Runs::on_loop},
    {"GET", "/api/blocked", "messages and recipients refused since counting began", blocked},
    {"GET", "/ws/blocked", "the same number over a WebSocket, as it grows", blocked_socket, Runs::on_loop},
};

}  // namespace

std::span<const Route> original_routes() { return kOriginalRoutes; }

}  // namespace maildrop::api
