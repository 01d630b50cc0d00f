/// routes_v3_parts.cc: what one message is made of: its text, its fields, its parts.
#include <charconv>
#include <optional>
#include <utility>

#include "api/answer.h"
#include "api/conditional.h"
#include "api/escape.h"
#include "api/message_parts.h"
#include "api/v3.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/words.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kMostFields = 500;  // with a value of one byte each is 400 in memory

Response text(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", kDownloadPolicy);
  response.body = mail::text_of(message->data);
  return response;
}

Response headers(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  const mail::Headers headers = mail::scan_headers(message->data, {.fields = kMostFields});
  mail::Charsets charsets;
  Json fields = Json::array();
  for (const mail::HeaderField& each : headers.fields)
    fields.push_back(
        Json{{"name", each.name}, {"value", mail::decode_header(each.value, charsets)}, {"raw", each.value}});
  return json_answer(200, Json{{"headers", std::move(fields)}, {"cut", headers.truncated}});
}

/// null for a part that is itself.
Json removed_of(const ListedPart& part) {
  if (!part.removed) return nullptr;
  const mail::Attachment& gone = *part.removed;
  return Json{{"type", gone.type}, {"name", gone.filename}, {"size", gone.size}, {"sha256", gone.sha256}};
}

Response parts(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  const ListedParts listed = list_parts(message->data);
  Json list = Json::array();
  for (const ListedPart& part : listed.parts)
    list.push_back(Json{{"number", list.size() + 1},
                        {"type", part.type},
                        {"name", part.name},
                        {"size", part.size},
                        {"disposition", part.disposition},
                        {"cid", part.cid},
                        {"removed", removed_of(part)}});
  return json_answer(200, Json{{"parts", std::move(list)}, {"cut", listed.cut}});
}

/// The place of a part in the list; nothing for what none has.
std::optional<std::size_t> place_of(const std::string& number, std::size_t parts) {
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), place);
  const bool whole = error == std::errc() && end == number.data() + number.size() && number.front() != '0';
  return whole && place <= parts ? std::optional(place - 1) : std::nullopt;
}

/// A file, and of no type: what its sender says it is would be for a browser to run.
Response part(const Request&, Args args, Context& context) {
  const Found<store::Message> message = message_of(args, context);
  if (!message) return problem(message.error());
  const std::vector<mail::Part> all = numbered_parts(mail::scan_mime(message->data));
  const std::optional<std::size_t> place = place_of(args[2], all.size());
  if (!place) return problem(404, "this message has no such part");
  mail::Charsets charsets;
  const std::string name = mail::filename_of(message->data, all[*place], charsets);
  Response response;
  response.content_type = "application/octet-stream";
  response.headers.emplace_back("Content-Disposition", attachment_disposition(name, "part-" + args[2]));
  response.headers.emplace_back("Content-Security-Policy", kDownloadPolicy);
  response.headers.emplace_back(kAcceptRanges);
  response.body = mail::decoded_body(message->data, all[*place], message->data.size());
  return response;
}

constexpr Growth kPartText{1, 8};  // as one message's
constexpr Growth kFields{8, 8};    // each decoded and not, as JSON; of the header, which is half a MiB at most
constexpr Growth kList{7, 0};      // of types and names, as JSON
constexpr Growth kPart{2, 0};      // beside the message itself

constexpr Route kV3PartRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/text",
     .summary = "the text of one message, as people read it",
     .handle = text,
     .growth = kPartText,
     .compresses = true,
     .answer = "text/plain"},
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/headers",
     .summary = "all header fields of one message, in their order",
     .handle = headers,
     .growth = kFields,
     .compresses = true,
     .answer = "Headers"},
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/parts",
     .summary = "what one message is made of: its texts and files, numbered",
     .handle = parts,
     .growth = kList,
     .compresses = true,
     .answer = "Parts"},
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/parts/{number}",
     .summary = "the bytes of one part, as a download",
     .handle = part,
     .growth = kPart,
     .answer = "application/octet-stream"},
};

}  // namespace

std::span<const Route> v3_part_routes() { return kV3PartRoutes; }

}  // namespace maildrop::api
