/// routes_admin_purge.cc: the removal of much at once: begun, looked at, and ended.
#include <algorithm>
#include <utility>

#include "api/admin.h"
#include "api/purge_desk.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kMostNames = 1000;
constexpr std::size_t kMostMatches = 20;  // each is tried on each message

Fault wrong(std::string_view phrase, std::string why = {}) { return {400, phrase, std::move(why)}; }

Found<bool> boolean_of(const Json& value) {
  if (!value.is_boolean()) return tl::unexpected(wrong("over_quota, all and dry_run are true or false"));
  return value.get<bool>();
}

Found<std::string> text_of(const Json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    return tl::unexpected(wrong("older, source and larger are texts, as of maildrop purge, and not empty"));
  return value.get<std::string>();
}

/// An empty one would choose nothing, or, as inboxes, everything: neither is what somebody wrote it for.
Found<std::vector<std::string>> list_of(const Json& value, std::size_t most) {
  std::vector<std::string> list;
  if (value.is_array() && value.size() <= most)
    for (const Json& each : value)
      if (each.is_string()) list.push_back(each.get<std::string>());
  if (list.empty() || list.size() != value.size())
    return tl::unexpected(wrong("inboxes and match are lists of texts, of one at least, and 1000 and 20 at most"));
  return list;
}

/// Into its place; the fault otherwise.
template <class T>
std::optional<Fault> take(T& place, Found<T> read) {
  if (!read) return read.error();
  place = std::move(*read);
  return std::nullopt;
}

struct Wish : store::PurgeWish {
  bool dry_run = false;
};

/// What is misspelt would choose more than is meant.
std::optional<Fault> read_member(const std::string& key, const Json& value, Wish& wish) {
  if (key == "inboxes") return take(wish.names, list_of(value, kMostNames));
  if (key == "match") return take(wish.matches, list_of(value, kMostMatches));
  if (key == "older") return take(wish.older, text_of(value));
  if (key == "source") return take(wish.source, text_of(value));
  if (key == "larger") return take(wish.larger, text_of(value));
  if (key == "over_quota") return take(wish.over_quota, boolean_of(value));
  if (key == "all") return take(wish.all, boolean_of(value));
  if (key == "dry_run") return take(wish.dry_run, boolean_of(value));
  return wrong("members are inboxes, older, match, source, larger, over_quota, all and dry_run", key);
}

Found<Wish> wish_of(const Request& request) {
  const Result<Json> body = parse_json(request.body);
  if (!body || !body->is_object()) return tl::unexpected(wrong("the body must be a JSON object"));
  Wish wish;
  for (const auto& [key, value] : body->items())
    if (const auto fault = read_member(key, value, wish)) return tl::unexpected(*fault);
  const bool some = !wish.names.empty() || wish.has_condition();
  if (wish.all == some)
    return tl::unexpected(wrong(some ? "all takes every message there is: it goes with no inboxes and no condition"
                                     : "what is to go? Give inboxes, conditions, or all"));
  return wish;
}

Found<std::vector<std::string>> names_of(const Wish& wish, const Context& context) {
  std::vector<std::string> names;
  for (const std::string& typed : wish.names) {
    const auto inbox = public_inbox(typed, context);
    if (!inbox) return tl::unexpected(inbox.error());
    names.push_back(inbox->name());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Json tally_json(const store::Tally& tally) {
  const auto time = [&](Time when) { return tally.messages > 0 ? Json(rfc3339(when)) : Json(nullptr); };
  return Json{{"messages", tally.messages},
              {"inboxes", tally.inboxes},
              {"bytes", tally.bytes},
              {"oldest", time(tally.oldest)},
              {"newest", time(tally.newest)}};
}

/// 202 while it goes on.
Response to_answer(const PurgeDesk::Report& report) {
  static constexpr std::string_view kStates[] = {"counting", "removing", "scrubbing", "done", "stopped", "failed"};
  return json_answer(report.over() ? 200 : 202,
                     Json{{"state", kStates[static_cast<std::size_t>(report.state)]},
                          {"dry_run", report.dry_run},
                          {"begun", rfc3339(report.begun)},
                          {"counted", tally_json(report.counted)},
                          {"removed", tally_json(report.removed)},
                          {"scrubbed", report.scrubbed ? Json(*report.scrubbed) : Json(nullptr)},
                          {"error", report.error.empty() ? Json(nullptr) : Json(report.error)}});
}

Response show(const Request&, Args, Context& context) {
  const auto report = context.admin->purge->wait(Monotonic());
  if (!report) return problem(404, "nothing was purged here since the start");
  return to_answer(*report);
}

Response begin(const Request& request, Args, Context& context) {
  const Found<Wish> wish = wish_of(request);
  if (!wish) return problem(wish.error());
  Found<std::vector<std::string>> names = names_of(*wish, context);
  if (!names) return problem(names.error());
  Result<store::Choice> choice = store::Choice::make(*wish, context.clock.now());
  if (!choice)
    return problem(wrong("older, match, source or larger is not what maildrop purge takes", choice.error().what));
  const Result<bool> begun = context.admin->purge->begin(std::move(*names), std::move(*choice), wish->dry_run);
  if (!begun) return problem(begun.error());
  if (!*begun) return problem(409, "another purge is at work: look at it, or end it");
  const auto report = context.admin->purge->wait(admin_patience(context));
  return to_answer(*report);
}

Response stop(const Request&, Args, Context& context) {
  if (!context.admin->purge->stop()) return problem(404, "no purge is at work");
  const auto report = context.admin->purge->wait(admin_patience(context));
  return to_answer(*report);
}

constexpr Route kAdminPurgeRoutes[] = {
    {.method = "GET",
     .pattern = "/admin/v1/purge",
     .summary = "how far the last purge is; 202 while it goes on",
     .handle = show},
    {.method = "POST",
     .pattern = "/admin/v1/purge",
     .summary = "remove what the body chooses, a JSON object; 202 while it goes on",
     .handle = begin},
    {.method = "DELETE",
     .pattern = "/admin/v1/purge",
     .summary = "end the purge that is at work; what it has removed is gone",
     .handle = stop},
};

}  // namespace

std::span<const Route> admin_purge_routes() { return kAdminPurgeRoutes; }

}  // namespace maildrop::api
