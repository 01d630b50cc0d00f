/// answer.cc: from errors and values to responses.
#include "api/answer.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "mail/address.h"
#include "mail/alias.h"
#include "store/bulk_purge.h"

namespace maildrop::api {

Fault fault_of(const Error& error) {
  switch (error.code) {
    case Code::invalid: return {400, "the request is not valid", error.what};
    case Code::not_found: return {404, kNotThere, error.what};
    case Code::over_limit:  // the store is full: no stranger asked too much
    case Code::unavailable:
    case Code::timed_out:
    case Code::corrupt: return {503, "the store is not available, try again later", error.what};
    case Code::internal: break;
  }
  return {500, "internal error", error.what};
}

std::string_view reason_phrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr Row kRows[] = {{100, "Continue"},
                                  {200, "OK"},
                                  {202, "Accepted"},
                                  {204, "No Content"},
                                  {206, "Partial Content"},
                                  {304, "Not Modified"},
                                  {400, "Bad Request"},
                                  {401, "Unauthorized"},
                                  {403, "Forbidden"},
                                  {404, "Not Found"},
                                  {405, "Method Not Allowed"},
                                  {408, "Request Timeout"},
                                  {409, "Conflict"},
                                  {413, "Content Too Large"},
                                  {414, "URI Too Long"},
                                  {415, "Unsupported Media Type"},
                                  {416, "Range Not Satisfiable"},
                                  {417, "Expectation Failed"},
                                  {421, "Misdirected Request"},
                                  {429, "Too Many Requests"},
                                  {431, "Request Header Fields Too Large"},
                                  {500, "Internal Server Error"},
                                  {501, "Not Implemented"},
                                  {503, "Service Unavailable"},
                                  {505, "HTTP Version Not Supported"}};
  for (const Row& row : kRows)
    if (row.status == status) return row.phrase;
  return "Unknown";
}

Response json_answer(int status, const Json& value) {
  Response response;
  response.status = status;
  response.body = to_text(value) + "\n";
  return response;
}

void add_retry_after(const Fault& fault, Response& response) {
  if (fault.status == 503 || fault.status == 429)
    response.headers.emplace_back("Retry-After", std::to_string(fault.retry_after));
}

Response problem(const Fault& fault) {
  const Json body = {{"type", "about:blank"},
                     {"title", reason_phrase(fault.status)},
                     {"status", fault.status},
                     {"detail", fault.phrase}};
  Response response = json_answer(fault.status, body);
  response.content_type = "application/problem+json";
  response.why = fault.why;
  if (fault.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"maildrop\"");
  add_retry_after(fault, response);
  return response;
}

Response problem(int status, std::string_view detail) { return problem(Fault{status, detail, {}}); }

Response problem(const Error& error) { return problem(fault_of(error)); }

tl::expected<MailCounts, Fault> mail_counts(const Context& context) {
  if (!context.statistics) return tl::unexpected(Fault{503, "there are no statistics here", {}});
  const Result<MailCounts> counts = context.statistics->counts();
  if (!counts) return tl::unexpected(fault_of(counts.error()));
  return *counts;
}

tl::expected<mail::Inbox, Fault> public_inbox(const std::string& name, const Context& context) {
  Result<mail::Inbox> inbox = mail::Inbox::parse(name, context.config.inbox);
  if (!inbox) return tl::unexpected(Fault{400, kNotAName, std::move(inbox.error().what)});
  if (!context.admin && inbox->is_reserved(context.config.inbox)) return tl::unexpected(Fault{403, kReservedName, {}});
  return std::move(*inbox);
}

tl::expected<store::MessageId, Fault> message_id(const mail::Inbox& inbox, const std::string& text, Context& context) {
  Result<store::MessageId> id = store::MessageId::parse(text);
  if (text == "latest") {
    const auto newest = context.inboxes.list(inbox, {.limit = 1});
    if (!newest) return tl::unexpected(fault_of(newest.error()));
    if (!newest->empty()) id = newest->front().id;
  }
  if (!id) return tl::unexpected(Fault{404, kNotThere, {}});  // an id of another form was never given out
  return std::move(*id);
}

std::optional<Fault> clear_inbox(const mail::Inbox& inbox, Context& context) {
  const Monotonic end = std::chrono::steady_clock::now() + context.config.api.answer_timeout / 2;
  store::ScanCursor cursor{{inbox.name()}, 0, true};
  const auto found = context.store.scan(cursor, store::kScanPage);
  if (!found) return fault_of(found.error());
  store::ChunkSize size;
  for (auto each = found->begin(); each != found->end();) {
    const Monotonic begun = std::chrono::steady_clock::now();
    if (begun > end) return Fault{503, "not all could be deleted in time, ask again", {}, 1};
    std::vector<store::Spot> chunk;
    std::uint64_t bytes = 0;
    for (; each != found->end() && !size.is_full(chunk.size(), bytes); ++each) {
      bytes += each->summary.size;
      chunk.push_back(each->spot);
    }
    const Result<std::size_t> removed = context.store.remove_all(chunk);
    if (!removed) return fault_of(removed.error());
    size.took(std::chrono::steady_clock::now() - begun);
  }
  return std::nullopt;
}

tl::expected<mail::Inbox, Fault> new_alias(const mail::Inbox& inbox, std::optional<Time> expires,
                                           const Context& context) {
  const Result<mail::Aliases> aliases = mail::Aliases::make(context.config.inbox);
  if (!aliases) return tl::unexpected(Fault{500, "internal error", aliases.error().what});
  Result<mail::Inbox> made = aliases->make_alias(inbox, expires);
  if (!made)
    return tl::unexpected(Fault{400, "no alias for that name: it is too long, or like an alias", made.error().what});
  return std::move(*made);
}

std::string inbox_of(const Request& request, const Route& route, const InboxSettings& settings) {
  const std::size_t name = route.pattern.find("{name}");
  if (name == std::string_view::npos) return {};
  const std::string_view before = route.pattern.substr(1, name - 1);
  const auto segment = static_cast<std::size_t>(std::count(before.begin(), before.end(), '/'));
  const Result<mail::Inbox> inbox = mail::Inbox::parse(request.path[segment], settings);
  return inbox && !inbox->is_reserved(settings) ? inbox->name() : std::string();
}

std::string local_part(const store::Summary& summary) {
  const Result<mail::Address> parsed = mail::parse_address(summary.to);
  return parsed ? parsed->local : summary.to.substr(0, summary.to.rfind('@'));
}

std::string shown_domain(const Config& config) {
  const std::vector<std::string>& domains = config.mail.domains;
  return domains.empty() || domains.front() == "*" ? effective_hostname(config.smtp) : domains.front();
}

std::string shown_sender(const store::Summary& summary) {
  return summary.header_from.empty() ? summary.from : summary.header_from;
}

}  // namespace maildrop::api
