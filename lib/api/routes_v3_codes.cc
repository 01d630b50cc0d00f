/// routes_v3_codes.cc: what a person or a test waits for in a message: its codes and links.
#include <utility>

#include "api/v3.h"
#include "mail/codes.h"
#include "mail/message.h"

namespace maildrop::api {

namespace {

Response codes(const Request&, Args args, Context& context) {
  const auto message = message_of(args, context);
  if (!message) return problem(message.error());
  const std::string words = message->summary.subject + "\n" + mail::words_of(message->data);
  Json links = Json::array();
  for (const mail::CodeLink& each : mail::find_links(words))
    links.push_back(Json{{"url", each.url}, {"kind", mail::name_of(each.kind)}});
  return json_answer(200, Json{{"codes", mail::find_codes(words)}, {"links", std::move(links)}});
}

constexpr Route kV3CodeRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/{id}/codes",
     .summary = "one-time codes and links of one message, likely ones first",
     .handle = codes,
     .growth = {1, 8},
     .compresses = true,
     .answer = "Codes"},  // of the text, and of HTML as text
};

}  // namespace

std::span<const Route> v3_code_routes() { return kV3CodeRoutes; }

}  // namespace maildrop::api
