/// routes_admin_inboxes.cc: which inboxes there are, and what is in any of them, the reserved ones included.
#include <algorithm>
#include <utility>

#include "api/admin.h"
#include "api/survey_desk.h"
#include "api/v3.h"

namespace maildrop::api {

namespace {

using store::Survey;

std::optional<Survey::Order> order_of(const Request& request) {
  const auto given = request.query.find("order");
  if (given == request.query.end() || given->second == "size") return Survey::Order::size;
  if (given->second == "age") return Survey::Order::age;
  if (given->second == "messages") return Survey::Order::messages;
  return std::nullopt;
}

Json inbox_json(const store::InboxFigures& inbox, const Config& config) {
  return Json{{"inbox", inbox.name},
              {"reserved", mail::Inbox::trusted(inbox.name).is_reserved(config.inbox)},
              {"messages", inbox.messages},
              {"bytes", inbox.bytes},
              {"oldest", rfc3339(inbox.oldest)},
              {"newest", rfc3339(inbox.newest)}};
}

/// The page behind the inbox `after`.
Response page(const Survey& survey, const std::vector<store::InboxFigures>& all, const Request& request,
              std::size_t limit, const Config& config) {
  auto from = all.begin();
  if (const auto after = request.query.find("after"); after != request.query.end()) {
    from = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == after->second; });
    if (from == all.end()) return problem(404, "that inbox is not in this list (any more)");
    ++from;
  }
  const auto to = from + std::min(static_cast<std::ptrdiff_t>(limit), all.end() - from);
  Json list = Json::array();
  for (auto each = from; each != to; ++each) list.push_back(inbox_json(*each, config));
  return json_answer(200, Json{{"as_of", rfc3339(survey.ended())},
                               {"total", Json{{"inboxes", survey.all().inboxes},
                                              {"messages", survey.all().messages},
                                              {"bytes", survey.all().bytes}}},
                               {"inboxes", std::move(list)},
                               {"next", to != all.end() && to != from ? Json((to - 1)->name) : Json(nullptr)}});
}

Response inboxes(const Request& request, Args, Context& context) {
  const auto order = order_of(request);
  if (!order) return problem(400, "order must be size, age or messages");
  const auto limit = admin_limit(request, Survey::kMost);
  if (!limit) return problem(limit.error());
  const auto look = admin_survey(context);
  if (!look) return problem(look.error());
  return page(**look, (*look)->inboxes(*order), request, *limit, context.config);
}

Response admin_list(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const auto limit = admin_limit(request, Survey::kMost);
  if (!limit) return problem(limit.error());
  store::Query query{.limit = *limit, .quarantined = store::Quarantined::shown};
  if (request.query.contains("quarantined")) {
    const auto quarantined = quarantined_of(request);
    if (!quarantined) return problem(quarantined.error());
    query.quarantined = *quarantined;
  }
  const auto found = context.inboxes.list(*inbox, query);
  if (!found) return problem(found.error());
  Json messages = Json::array();
  for (const store::Summary& each : *found) messages.push_back(v3_summary(each));
  return json_answer(200, Json{{"inbox", inbox->name()},
                               {"reserved", inbox->is_reserved(context.config.inbox)},
                               {"messages", std::move(messages)}});
}

Response admin_clear(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const std::optional<Fault> failed = clear_inbox(*inbox, context);
  context.admin->survey->forget();
  return failed ? problem(*failed) : no_content();
}

constexpr Route kAdminInboxRoutes[] = {
    {.method = "GET",
     .pattern = "/admin/v1/inboxes",
     .summary = "the largest, oldest or fullest inboxes; ?order=size|age|messages, ?limit=N, ?after=NAME",
     .handle = inboxes},
    {.method = "GET",
     .pattern = "/admin/v1/inboxes/{name}",
     .summary = "list any inbox, hidden mail too, newest first; ?limit=N, ?quarantined=hidden|shown|only",
     .handle = admin_list},
    {.method = "DELETE",
     .pattern = "/admin/v1/inboxes/{name}",
     .summary = "delete all messages that an inbox has",
     .handle = admin_clear},
};

}  // namespace

tl::expected<std::shared_ptr<const Survey>, Fault> admin_survey(Context& context) {
  auto look = context.admin->survey->look(admin_patience(context));
  if (!look) return tl::unexpected(fault_of(look.error()));
  if (look->survey) return std::move(look->survey);
  return tl::unexpected(Fault{503, "the walk through the store is not done yet, ask again",
                              std::to_string(look->messages) + " messages so far", 1});
}

std::span<const Route> admin_inbox_routes() { return kAdminInboxRoutes; }

}  // namespace maildrop::api
