/// routes_v3.cc: the API of our own. Errors are problem+json; fields are only ever added.
#include <algorithm>
#include <charconv>
#include <utility>

#include "api/answer.h"
#include "api/conditional.h"
#include "api/v3.h"
#include "api/verdicts.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/words.h"

namespace maildrop::api {

namespace {

/// What a reader wants to see above a message.
constexpr std::string_view kShownHeaders[] = {"From",       "Sender",      "Reply-To", "To",  "Cc",
                                              "Message-ID", "In-Reply-To", "Subject",  "Date"};

Json short_headers(const std::string& message) {
  Json all = Json::array();
  const mail::Headers headers = mail::scan_headers(message);
  for (const std::string_view name : kShownHeaders)
    if (const mail::HeaderField* field = headers.find(name))
      all.push_back(Json{{"name", name}, {"value", mail::decode_header(field->value)}});
  return all;
}

/// How long `wait` of the query lets an answer wait that has nothing to tell.
Found<Millis> wait_of(const Request& request, const Config& config) {
  const std::size_t most = std::chrono::duration_cast<std::chrono::seconds>(config.api.wait_time).count();
  const Found<std::size_t> seconds = number_of(request, "wait", 0, "wait must be a positive number of seconds");
  if (!seconds) return tl::unexpected(seconds.error());
  return Millis(std::chrono::seconds(std::min(*seconds, most)));
}

/// Keeps what is newer than `since`; all when no such message is there (any more).
void keep_newer(std::vector<store::Summary>& newest_first, const std::string& since) {
  const auto seen = std::find_if(newest_first.begin(), newest_first.end(),
                                 [&since](const store::Summary& each) { return each.id.text() == since; });
  newest_first.erase(seen, newest_first.end());
}

Response v3_list(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const Found<std::size_t> limit = number_of(request, "limit", SIZE_MAX, "limit must be a positive number");
  if (!limit) return problem(limit.error());
  const Found<Millis> wait = wait_of(request, context.config);
  if (!wait) return problem(wait.error());
  const Found<store::Quarantined> quarantined = quarantined_of(request);
  if (!quarantined) return problem(quarantined.error());
  const auto since = request.query.find("since");
  store::Query query;
  query.quarantined = *quarantined;
  if (since == request.query.end()) query.limit = *limit;  // else the position of `since` must be found first
  auto found = context.inboxes.list(*inbox, query);
  if (!found) return problem(found.error());
  if (since != request.query.end()) keep_newer(*found, since->second);
  Json messages = Json::array();
  for (std::size_t i = 0; i < std::min(*limit, found->size()); ++i) messages.push_back(v3_summary((*found)[i]));
  const bool nothing = messages.empty();
  Response response = json_answer(
      200, Json{{"inbox", inbox->name()}, {"limits", v3_limits(context.config)}, {"messages", std::move(messages)}});
  if (nothing && wait->count() > 0) response.later = Later{*inbox, *wait};
  return response;
}

Response v3_get(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  Json body = v3_summary(message->summary);
  body["headers"] = short_headers(message->data);
  body["text"] = mail::text_of(message->data);
  return json_answer(200, body);
}

/// Every byte as it is stored. A browser must neither show it nor run what is in it.
Response raw(const Request&, Args args, Context& context) {
  Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  Response response;
  response.content_type = "message/rfc822";
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"" + message->summary.id.text() + ".eml\"");
  response.headers.emplace_back("Content-Security-Policy", kDownloadPolicy);
  response.headers.emplace_back(kAcceptRanges);
  response.body = std::move(message->data);
  return response;
}

/// Sandboxed like a frame of another origin, even when it is opened by itself: without scripts and forms, and links
/// open as what they are. Nothing is loaded, and only our own pages may frame it, so that no other site passes it off
/// as its own.
constexpr std::string_view kPagePolicy =
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

Response html(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  std::optional<mail::SanitisedHtml> page = mail::page_of(message->data);
  if (!page) return problem(404, "this message has no HTML");
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", kPagePolicy);
  response.body = std::move(page->html);
  return response;
}

Response verdicts(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  if (message->verdicts.empty()) return problem(404, "no filter judged this message");
  const Result<filter::Trace> trace = filter::parse_trace(message->verdicts);
  return trace ? json_answer(200, to_json(*trace)) : problem(trace.error());
}

Response v3_remove(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const Result<store::MessageId> id = store::MessageId::parse(args[1]);
  Result<bool> removed = false;
  if (id) removed = context.inboxes.remove(*inbox, *id);
  if (!removed) return problem(removed.error());
  if (!*removed) return problem(404, "not found");
  return no_content();
}

Response v3_clear(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const std::optional<Fault> failed = clear_inbox(*inbox, context);
  return failed ? problem(*failed) : no_content();
}

constexpr Growth kTextGrowth{
    1, 8};  // of the text, and of JSON six for a control character; of HTML, and it as a page twice

constexpr Route kV3Routes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}",
     .summary = "list an inbox, newest first; ?limit=N, ?since=ID, ?wait=SECONDS, ?quarantined=hidden|shown|only",
     .handle = v3_list,
     .query = "limit since wait quarantined",
     .answer = "List",
     .keeps = true},
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}",
     .summary = "one message as text; the id may be `latest`",
     .handle = v3_get,
     .growth = kTextGrowth,
     .compresses = true,
     .answer = "Message",
     .keeps = true},
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/html",
     .summary = "the HTML of one message, sanitised, as a page",
     .handle = html,
     .growth = kTextGrowth,
     .compresses = true,
     .answer = "text/html"},
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/raw",
     .summary = "every byte of one message",
     .handle = raw,
     .answer = "message/rfc822"},  // not packed: it would be in memory twice
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/verdicts",
     .summary = "what each filter found of one message",
     .handle = verdicts,
     .verdicts = true,
     .compresses = true,
     .answer = "Verdicts"},
    {.method = "DELETE",
     .pattern = "/api/v3/mailboxes/{name}",
     .summary = "delete all messages that an inbox has",
     .handle = v3_clear},
    {.method = "DELETE",
     .pattern = "/api/v3/mailboxes/{name}/{id}",
     .summary = "delete one message",
     .handle = v3_remove},
};

}  // namespace

/// Named as the settings of the inbox that they are, but for the last one: mail.max_size.
tl::expected<std::size_t, Fault> number_of(const Request& request, std::string_view key, std::size_t otherwise,
                                           std::string_view problem) {
  const auto given = request.query.find(key);
  if (given == request.query.end()) return otherwise;
  const std::string& text = given->second;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0)
    return tl::unexpected(Fault{400, problem, {}});
  return number;
}

Json v3_limits(const Config& config) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(config.inbox.max_age);
  return Json{{"max_messages", config.inbox.max_messages},
              {"max_size", config.inbox.max_size},
              {"max_age", age.count()},
              {"max_message_size", config.mail.max_size}};
}

/// Without a braced list, which makes an array of each field first, and an object that grows: a list of ten is most of
/// what its request costs.
Json v3_summary(const store::Summary& from) {
  Json::object_t fields;
  fields.reserve(15);  // the two that one message has more
  const auto add = [&fields](const char* name, Json value) { fields.emplace_back(name, std::move(value)); };
  add("id", from.id.text());
  add("from", from.from);
  add("header_from", from.header_from);
  add("to", from.to);
  add("helo", from.helo);
  add("peer", from.peer);
  add("tls", from.tls);
  add("subject", from.subject);
  add("date", from.date ? Json(rfc3339(*from.date)) : Json(nullptr));
  add("received", rfc3339(from.received));
  add("size", from.size);
  add("mark", store::name_of(from.mark));
  add("score", json_number(from.score));
  return Json(std::move(fields));
}

tl::expected<store::Quarantined, Fault> quarantined_of(const Request& request) {
  const auto given = request.query.find("quarantined");
  if (given == request.query.end()) return store::Quarantined::hidden;
  const std::optional<store::Quarantined> quarantined = store::quarantined_named(given->second);
  if (!quarantined) return tl::unexpected(Fault{400, "quarantined must be hidden, shown or only", {}});
  return *quarantined;
}

tl::expected<store::Message, Fault> message_of(Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return tl::unexpected(inbox.error());
  const auto id = message_id(*inbox, args[1], context);
  if (!id) return tl::unexpected(id.error());
  Result<store::Message> message = context.inboxes.get(*inbox, *id);
  if (!message) return tl::unexpected(fault_of(message.error()));
  return std::move(*message);
}

Response no_content() {
  Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

std::span<const Route> v3_routes() { return kV3Routes; }

}  // namespace maildrop::api
