/// routes_v3_names.cc: names of inboxes: new ones, and aliases of those there are.
#include <optional>

#include "api/answer.h"
#include "api/v3.h"
#include "core/text.h"
#include "mail/alias.h"
#include "mail/suggestion.h"

namespace maildrop::api {

namespace {

/// A name nobody else has, with its address.
Response suggestion(const Request&, Args, Context& context) {
  const std::string address = mail::suggest_name() + "@" + shown_domain(context.config);
  const auto inbox = mail::Inbox::parse(address, context.config.inbox);
  if (!inbox) return problem(inbox.error());
  return json_answer(200, Json{{"inbox", inbox->name()}, {"address", address}});
}

/// `expires` of the query: how long from now on.
tl::expected<std::optional<Time>, Fault> expiry_of(const Request& request, Time now) {
  const auto given = request.query.find("expires");
  if (given == request.query.end()) return std::nullopt;
  const Result<Millis> time = parse_duration(given->second);
  if (time && *time > Millis(0) && *time <= mail::Aliases::kLongest) return now + *time;
  return tl::unexpected(Fault{400, "expires must be a time of up to 3650d, such as 7d", {}});
}

/// A new one each time, and as good for who knows the name as for who guesses it: it confirms nothing.
Response alias(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  if (!context.config.inbox.alias) return problem(404, "there are no aliases here (inbox.alias)");
  const tl::expected<std::optional<Time>, Fault> expires = expiry_of(request, context.clock.now());
  if (!expires) return problem(expires.error());
  const auto made = new_alias(*inbox, *expires, context);
  if (!made) return problem(made.error());
  const std::optional<Time> end = mail::Aliases::make(context.config.inbox)->open(*made)->expires;
  return json_answer(
      200,
      Json{{"inbox", inbox->name()}, {"alias", made->name()}, {"expires", end ? Json(rfc3339(*end)) : Json(nullptr)}});
}

constexpr Route kV3NameRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/alias",
     .summary = "a new address that hides the inbox; ?expires=7d",
     .handle = alias,
     .runs = Runs::on_loop,
     .query = "expires",
     .answer = "Alias"},
    {.method = "GET",
     .pattern = "/api/v3/suggestion",
     .summary = "a name that nobody can guess",
     .handle = suggestion,
     .runs = Runs::on_loop,
     .answer = "Suggestion"},
};

}  // namespace

std::span<const Route> v3_name_routes() { return kV3NameRoutes; }

}  // namespace maildrop::api
