/// routes_inbucket.cc: the REST API, version 1, of Inbucket, whose clients ask for one inbox at a time. Lists are
/// oldest first, and the id `latest` works everywhere. What that server has across inboxes is not here.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "api/answer.h"
#include "api/escape.h"
#include "core/text.h"
#include "mail/md5.h"
#include "mail/message.h"
#include "mail/mime.h"

namespace maildrop::api {

namespace {

const Fault kNotFound{404, "404 page not found", {}};

/// Where a request points.
struct Target {
  mail::Inbox inbox;
  store::MessageId id;
};

/// What is not there is so in that server's words.
Fault inbucket_fault(Fault fault) { return fault.status == 404 ? kNotFound : std::move(fault); }

Found<Target> target_of(Args args, Context& context) {
  auto inbox = public_inbox(args[0], context);
  if (!inbox) return tl::unexpected(inbox.error());
  auto id = message_id(*inbox, args[1], context);
  if (!id) return tl::unexpected(inbucket_fault(std::move(id.error())));
  return Target{std::move(*inbox), std::move(*id)};
}

Found<store::Message> find_message(Args args, Context& context) {
  const Found<Target> target = target_of(args, context);
  if (!target) return tl::unexpected(target.error());
  Result<store::Message> message = context.inboxes.get(target->inbox, target->id);
  if (!message) return tl::unexpected(inbucket_fault(fault_of(message.error())));
  return std::move(*message);
}

/// Of the inbox that `args` begins with, which is one.
std::string canonical_name(Args args, const Context& context) { return public_inbox(args[0], context)->name(); }

/// `MIME-version` as `Mime-Version`: one name for all spellings.
std::string canonical_field(std::string_view name) {
  std::string out = to_lower(name);
  bool first = true;
  for (char& c : out) {
    if (first && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    first = c == '-';
  }
  return out;
}

/// Unfolded, and not decoded.
Json header_of(const std::string& message) {
  Json fields = Json::object();
  for (const mail::HeaderField& each : mail::scan_headers(message).fields)
    fields[canonical_field(each.name)].push_back(mail::unfold(each.value));
  return fields;
}

/// All parts that are attachments, in order: their numbers in links are places here.
std::vector<mail::Part> attachments_of(const std::string& message) {
  std::vector<mail::Part> parts = mail::scan_mime(message).parts;
  std::erase_if(parts, [](const mail::Part& each) { return !each.is_attachment(); });
  return parts;
}

std::string file_of(const std::string& message, const mail::Part& part, mail::Charsets& charsets) {
  const std::string name = mail::filename_of(message, part, charsets);
  return name.empty() ? "attachment" : name;
}

/// `base`: the address of the message, up to where its attachments are.
Json attachments(const std::string& message, const std::string& base) {
  Json all = Json::array();
  mail::Charsets charsets;
  for (const mail::Part& part : attachments_of(message)) {
    const std::string file = file_of(message, part, charsets);
    const std::string link = base + std::to_string(all.size()) + "/" + percent_encoded(file);
    all.push_back(Json{{"filename", file},
                       {"content-type", part.media_type()},
                       {"download-link", link},
                       {"view-link", link},
                       {"md5", mail::md5_hex(mail::decoded_body(message, part, message.size()))}});
  }
  return all;
}

/// With the host that was asked for, by http, as that server does: behind a proxy that speaks TLS for us a client puts
/// what it knows before the path.
std::string link_base(const Request& request, const std::string& inbox, const store::MessageId& id) {
  const auto host = request.headers.find("host");
  const std::string server = host == request.headers.end() ? std::string() : "http://" + host->second;
  return server + "/serve/mailbox/" + percent_encoded(inbox) + "/" + id.text() + "/attach/";
}

Response inbucket_list(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return inbucket_error(inbox.error());
  auto found = context.inboxes.list(*inbox, {});
  if (!found) return inbucket_error(fault_of(found.error()));
  std::reverse(found->begin(), found->end());
  Json all = Json::array();
  for (const store::Summary& each : *found) all.push_back(inbucket_summary(inbox->name(), each));
  return json_answer(200, all);
}

Response inbucket_get(const Request& request, Args args, Context& context) {
  const Found<store::Message> message = find_message(args, context);
  if (!message) return inbucket_error(message.error());
  const std::string inbox = canonical_name(args, context);
  Json body = inbucket_summary(inbox, message->summary);
  // The HTML as the sender wrote it, for programs: sanitised it is a page of version 3.
  body["body"] =
      Json{{"text", mail::text_of(message->data)}, {"html", mail::html_of(message->data).value_or(std::string())}};
  body["header"] = header_of(message->data);
  body["attachments"] = attachments(message->data, link_base(request, inbox, message->summary.id));
  return json_answer(200, body);
}

/// A browser must neither run what a stranger sent nor guess what it is.
Response bytes(std::string content_type, std::string body) {
  Response response;
  response.content_type = std::move(content_type);
  response.headers.emplace_back("Content-Security-Policy", kDownloadPolicy);
  response.body = std::move(body);
  return response;
}

Response inbucket_source(const Request&, Args args, Context& context) {
  Found<store::Message> message = find_message(args, context);
  if (!message) return inbucket_error(message.error());
  return bytes("text/plain", std::move(message->data));
}

/// By its number; the file's name is for whoever saves it.
Response attachment(const Request&, Args args, Context& context) {
  const Found<store::Message> message = find_message(args, context);
  if (!message) return inbucket_error(message.error());
  const std::string& text = args[2];
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::vector<mail::Part> parts = attachments_of(message->data);
  if (error != std::errc() || end != text.data() + text.size() || number >= parts.size())
    return inbucket_error(kNotFound);
  mail::Charsets charsets;
  const std::string file = file_of(message->data, parts[number], charsets);
  Response response =
      bytes("application/octet-stream", mail::decoded_body(message->data, parts[number], message->data.size()));
  response.headers.emplace_back("Content-Disposition", attachment_disposition(file, "attachment"));
  return response;
}

Response inbucket_remove(const Request&, Args args, Context& context) {
  const Found<Target> target = target_of(args, context);
  if (!target) return inbucket_error(target.error());
  const Result<bool> removed = context.inboxes.remove(target->inbox, target->id);
  if (!removed) return inbucket_error(fault_of(removed.error()));
  return *removed ? json_answer(200, "OK") : inbucket_error(kNotFound);
}

Response purge(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return inbucket_error(inbox.error());
  const std::optional<Fault> failed = clear_inbox(*inbox, context);
  return failed ? inbucket_error(*failed) : json_answer(200, "OK");
}

/// `{"seen":true}`. An inbox is anybody's, so nobody's reading is kept; clients that tell of it go on all the same.
Response mark(const Request& request, Args args, Context& context) {
  const Found<Target> target = target_of(args, context);
  if (!target) return inbucket_error(target.error());
  const Result<Json> body = parse_json(request.body);
  if (!body || !body->is_object()) return inbucket_error({400, "the body must be a JSON object", {}});
  const auto found = context.inboxes.list(target->inbox, {.quarantined = store::Quarantined::shown});
  if (!found) return inbucket_error(fault_of(found.error()));
  const bool there = std::any_of(found->begin(), found->end(),
                                 [&target](const store::Summary& each) { return each.id == target->id; });
  return there ? json_answer(200, "OK") : inbucket_error(kNotFound);
}

constexpr Growth kInbucketGrowth{8, 8};  // text, HTML and header, all as JSON: six for a control character
constexpr Growth kInbucketPart{3, 0};    // and its content, decoded

constexpr Route kInbucketRoutes[] = {
    {"GET", "/api/v1/mailbox/{name}", "list an inbox, oldest first, as Inbucket does", inbucket_list},
    {"DELETE", "/api/v1/mailbox/{name}", "empty an inbox", purge},
    {"GET", "/api/v1/mailbox/{name}/{id}", "one message: text, HTML, header, attachments", inbucket_get,
     Runs::on_worker, kInbucketGrowth},
    {"GET", "/api/v1/mailbox/{name}/{id}/source", "every byte of one message, as text", inbucket_source},
    {"PATCH", "/api/v1/mailbox/{name}/{id}", "taken, but nothing is marked as seen", mark},
    {"DELETE", "/api/v1/mailbox/{name}/{id}", "delete one message", inbucket_remove},
    {"GET", "/serve/mailbox/{name}/{id}/attach/{number}/{file}", "one attachment, where it was kept", attachment,
     Runs::on_worker, kInbucketPart},
};

}  // namespace

/// Nothing here knows what was read: nothing is ever seen.
Json inbucket_summary(const std::string& inbox, const store::Summary& from) {
  return Json{{"mailbox", inbox},
              {"id", from.id.text()},
              {"from", shown_sender(from)},
              {"to", Json::array({from.to})},
              {"subject", from.subject},
              {"date", rfc3339(from.received)},
              {"posix-millis", to_millis(from.received)},
              {"size", from.size},
              {"seen", false}};
}

Response inbucket_error(const Fault& fault) {
  Response response;
  response.status = fault.status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::string(fault.phrase) + "\n";
  response.why = fault.why;
  add_retry_after(fault, response);
  return response;
}

std::span<const Route> inbucket_routes() { return kInbucketRoutes; }

}  // namespace maildrop::api
