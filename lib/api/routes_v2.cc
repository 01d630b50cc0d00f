/// routes_v2.cc: the API that deployed clients know, field for field, with right statuses: what was 500 or `{}` is 400,
/// 403, 404 or 503 here, and deleting an unknown id deletes nothing (it used to remove the oldest message).
#include <utility>

#include "api/answer.h"
#include "core/text.h"
#include "mail/message.h"

namespace maildrop::api {

namespace {

Json summary(const store::Summary& from) {
  return Json{{"id", from.id.text()},
              {"from", shown_sender(from)},
              {"to", local_part(from)},
              {"subject", from.subject},
              {"date", rfc3339(from.received)}};
}

std::string_view as_html(const char& c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\n': return "<br/>\n";
    default: return {&c, 1};
  }
}

/// Plain text as HTML, as clients expect it where a message has no HTML part.
std::string as_html(std::string_view text) {
  static constexpr std::string_view kStart = "<p>", kEnd = "</p>";
  std::size_t size = kStart.size() + kEnd.size();  // six times the text at most: measured, not doubled on the way
  for (const char& c : text) size += as_html(c).size();
  std::string html;
  html.reserve(size);
  html += kStart;
  for (const char& c : text) html += as_html(c);
  return html += kEnd;
}

Response v2_list(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return v2_error(inbox.error());
  const auto found = context.inboxes.list(*inbox, {});
  if (!found) return v2_error(fault_of(found.error()));
  Json messages = Json::array();
  for (const store::Summary& each : *found) messages.push_back(summary(each));
  // No inbox has a second name: the field stays for clients that read it.
  return json_answer(200, Json{{"altinbox", ""}, {"messages", std::move(messages)}});
}

Response v2_get(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return v2_error(inbox.error());
  const Result<store::MessageId> id = store::MessageId::parse(args[1]);
  if (!id) return v2_error({404, "not found", {}});  // an id of another form was never given out
  Result<store::Message> message = context.inboxes.get(*inbox, *id);
  if (!message) return v2_error(fault_of(message.error()));
  Json body = summary(message->summary);
  body["body"] = valid_utf8(message->data);
  // As the sender wrote it, for programs that look for links and names in it: a JSON field that no page of ours shows.
  // Sanitised it is a page of v3.
  std::optional<std::string> html = mail::html_of(message->data);
  body["html"] = html ? std::move(*html) : as_html(mail::text_of(message->data));
  std::string().swap(message->data);  // not needed any more, and JSON takes much
  return json_answer(200, body);
}

Response v2_remove(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return v2_error(inbox.error());
  const Result<store::MessageId> id = store::MessageId::parse(args[1]);
  Result<bool> removed = false;
  if (id) removed = context.inboxes.remove(*inbox, *id);
  if (!removed) return v2_error(fault_of(removed.error()));
  if (!*removed) return json_answer(404, Json{{"error", "not found"}, {"deleted", false}});
  return json_answer(200, Json{{"deleted", true}});
}

Response v2_statistics(const Request&, Args, Context& context) {
  const auto counts = mail_counts(context);
  if (!counts) return v2_error(counts.error());
  return json_answer(200, Json{{"queued", counts->stored}, {"denied", counts->refused}});
}

constexpr Growth kV2Growth{8, 8};  // raw and as HTML, and both as JSON: six for a control character

constexpr Route kV2Routes[] = {
    {.method = "GET",
     .pattern = "/v2/mailbox/{name}",
     .summary = "list an inbox, newest first",
     .handle = v2_list,
     .keeps = true},
    {.method = "GET",
     .pattern = "/v2/mailbox/{name}/{id}",
     .summary = "one message, raw and as HTML",
     .handle = v2_get,
     .growth = kV2Growth,
     .keeps = true},
    {"DELETE", "/v2/mailbox/{name}/{id}", "delete one message", v2_remove},
    {"GET", "/v2/statistics", "messages stored and refused since counting began", v2_statistics},
};

}  // namespace

Response v2_error(const Fault& fault) {
  Response response = json_answer(fault.status, Json{{"error", fault.phrase}});
  response.why = fault.why;
  add_retry_after(fault, response);
  return response;
}

std::span<const Route> v2_routes() { return kV2Routes; }

}  // namespace maildrop::api
