/// routes_admin_sources.cc: who sends: what he has in the store, how much he does, what is remembered of him.
#include <algorithm>
#include <cmath>
#include <utility>

#include "api/admin.h"
#include "api/v3.h"
#include "filter/known.h"
#include "filter/remembered.h"

namespace maildrop::api {

namespace {

using service::Flood;

constexpr std::string_view kKinds[] = {"connections", "messages", "recipients", "errors"};  // by Flood::Of

std::string name_of(const Flood::Standing& of) {
  if (!of.network) return of.prefix.is_v4() ? of.prefix.to_string() : of.prefix.to_string() + "/64";
  return of.prefix.to_string() + (of.prefix.is_v4() ? "/24" : "/48");
}

Json standing_json(const Flood::Standing& of) {
  Json used = Json::object();
  for (std::size_t i = 0; i < std::size(kKinds); ++i)
    used[std::string(kKinds[i])] =
        Json{{"used", std::lround(of.used[i])}, {"limit", of.limit[i] > 0 ? Json(of.limit[i]) : Json(nullptr)}};
  return Json{{"source", name_of(of)}, {"kept_out", of.outcast}, {"minute", std::move(used)}};
}

Json held_by(const store::Survey& survey, std::size_t limit) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(limit, survey.sources().size()); ++i) {
    const store::SourceFigures& each = survey.sources()[i];
    list.push_back(Json{{"source", store::to_string(each.source)}, {"messages", each.messages}, {"bytes", each.bytes}});
  }
  return list;
}

Json connected(const Admin& admin, std::size_t limit) {
  if (!admin.admission) return nullptr;
  Json list = Json::array();
  for (const service::Admission::Seats& each : admin.admission->busiest(limit))
    list.push_back(Json{{"source", each.source.to_string()}, {"connections", each.connections}});
  return list;
}

Json busy(const Admin& admin, std::size_t limit) {
  if (!admin.flood) return nullptr;
  Json list = Json::array();
  for (const Flood::Standing& each : admin.flood->busiest(limit)) list.push_back(standing_json(each));
  return list;
}

Response sources(const Request& request, Args, Context& context) {
  const auto limit = admin_limit(request, store::Survey::kMost);
  if (!limit) return problem(limit.error());
  const auto survey = admin_survey(context);
  if (!survey) return problem(survey.error());
  return json_answer(200, Json{{"as_of", rfc3339((*survey)->ended())},
                               {"store", held_by(**survey, *limit)},
                               {"connections", connected(*context.admin, *limit)},
                               {"flood", busy(*context.admin, *limit)}});
}

/// Answers of the ledger to an item, in their order; none where nothing is kept.
Result<std::vector<store::Answer>> ask(store::Ledger& ledger, const filter::KnownItem& item) {
  std::vector<store::Answer> answers;
  bool any = false;
  for (const store::Operation& operation : item.asks) {
    const Result<store::Answer> answer = ledger.run(operation);
    if (!answer && answer.error().code == Code::not_found) return std::vector<store::Answer>();  // there is no ledger
    if (!answer) return tl::unexpected(answer.error());
    any |= answer->found || answer->sum > 0;
    answers.push_back(*answer);
  }
  return any ? answers : std::vector<store::Answer>();
}

Json item_json(const filter::KnownItem& item, const std::vector<store::Answer>& answers) {
  if (!item.score)
    return Json{{"filter", item.filter},
                {"what", item.what},
                {"since", rfc3339(answers[0].since)},
                {"until", rfc3339(answers[0].until)}};
  const auto bad = std::max<std::int64_t>(0, answers[0].sum), good = std::max<std::int64_t>(0, answers[1].sum);
  return Json{{"filter", item.filter},
              {"what", "sessions of the " + item.what},
              {"bad", bad},
              {"good", good},
              {"score", std::round(item.score(good, bad) * 100) / 100}};
}

/// Empty: nothing is known.
Result<Json> known(const std::string& who, const Context& context) {
  Json list = Json::array();
  if (!context.admin->ledger) return list;
  for (const filter::KnownItem& item : filter::known_items(who, context.config)) {
    const auto answers = TRY(ask(*context.admin->ledger, item));
    if (!answers.empty()) list.push_back(item_json(item, answers));
  }
  return list;
}

/// Of `only` filters, where there are some.
Result<void> forget(const std::string& who, std::string_view only, const Context& context) {
  if (!context.admin->ledger) return {};
  for (const filter::KnownItem& item : filter::known_items(who, context.config)) {
    if (!only.empty() && item.filter != only) continue;
    const auto answers = TRY(ask(*context.admin->ledger, item));
    for (std::size_t i = 0; i < answers.size(); ++i)
      TRY(context.admin->ledger->run(filter::forgetting(item.asks[i], answers[i])));
  }
  return {};
}

/// Could greylisting know it? Names are as the DNS gave them. What ends in a number is an address with a slip in it.
bool is_host_name(std::string_view name) {
  const auto fits = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  };
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::all_of(name.begin(), name.end(), fits) && !std::all_of(last.begin(), last.end(), is_digit);
}

bool is_source(const std::string& who) { return IpAddress::parse(who).has_value() || is_host_name(who); }

Response no_source() { return problem(400, "a source is an address, without /bits, or a host by its name"); }

Response source(const Request&, Args args, Context& context) {
  if (!is_source(args[0])) return no_source();
  const Result<IpAddress> address = IpAddress::parse(args[0]);
  Result<Json> remembered = known(args[0], context);
  if (!remembered) return problem(remembered.error());
  Json answer{{"source", args[0]}, {"known", std::move(*remembered)}};
  if (address && context.admin->admission) answer["connections"] = context.admin->admission->count(*address);
  if (address && context.admin->flood) {
    answer["flood"] = Json::array();
    for (const bool network : {false, true})
      if (const auto standing = context.admin->flood->standing(*address, network))
        answer["flood"].push_back(standing_json(*standing));
  }
  return json_answer(200, answer);
}

Response forget_source(Args args, std::string_view only, Context& context) {
  if (!is_source(args[0])) return no_source();
  if (const Result<void> done = forget(args[0], only, context); !done) return problem(done.error());
  const Result<IpAddress> address = IpAddress::parse(args[0]);
  if (address && context.admin->flood) context.admin->flood->forgive(*address);
  return no_content();
}

Response forget_all(const Request&, Args args, Context& context) { return forget_source(args, {}, context); }

/// Who is kept out for what he did in the last minute. Who is for an earlier refusal is in the ledger, which nobody can
/// list.
Response bans(const Request& request, Args, Context& context) {
  const auto limit = admin_limit(request, store::Survey::kMost);
  if (!limit) return problem(limit.error());
  if (!context.admin->flood) return problem(404, "this process takes no mail, and keeps nobody out");
  Json list = Json::array();
  // All that are looked at: who is kept out for a few errors may be far behind those who only do much.
  for (const Flood::Standing& each : context.admin->flood->busiest(Flood::kLook))
    if (each.outcast && list.size() < *limit) list.push_back(standing_json(each));
  return json_answer(200, Json{{"bans", std::move(list)}});
}

Response lift(const Request&, Args args, Context& context) {
  if (!IpAddress::parse(args[0])) return problem(400, "that is no address");
  return forget_source(args, "verdict_cache", context);
}

constexpr Route kAdminSourceRoutes[] = {
    {.method = "GET",
     .pattern = "/admin/v1/sources",
     .summary = "who has most in the store, most connections, and does most now; ?limit=N",
     .handle = sources},
    {.method = "GET",
     .pattern = "/admin/v1/sources/{source}",
     .summary = "what is known of an address, or of a host by its name",
     .handle = source},
    {.method = "DELETE",
     .pattern = "/admin/v1/sources/{source}",
     .summary = "forget all that filters and flood control know of it",
     .handle = forget_all},
    {.method = "GET",
     .pattern = "/admin/v1/bans",
     .summary = "who is kept out for his errors of the last minute; ?limit=N",
     .handle = bans},
    {.method = "DELETE",
     .pattern = "/admin/v1/bans/{address}",
     .summary = "let an address in again: forget its last refusal, and what flood control has counted",
     .handle = lift},
};

}  // namespace

std::span<const Route> admin_source_routes() { return kAdminSourceRoutes; }

}  // namespace maildrop::api
