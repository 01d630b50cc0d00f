/// verdicts.cc: traces, there and back.
#include "api/verdicts.h"

#include <cmath>
#include <optional>

#include "core/text.h"

namespace maildrop::api {

namespace {

Json number(double value) { return Json::parse(format_number(value)); }

tl::unexpected<Error> damaged() { return fail(Code::corrupt, "the answer holds verdicts that make no sense"); }

std::optional<double> number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number() || !std::isfinite(found->get<double>())) return std::nullopt;
  return found->get<double>();
}

bool is_set(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const Json& list_at(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

Result<filter::TraceEntry> parse_entry(const Json& json) {
  filter::TraceEntry entry;
  if (!json.is_object()) return damaged();
  const auto phase = filter::phase_named(text_at(json, "phase"));
  const auto mode = filter::mode_named(text_at(json, "mode"));
  const auto action = filter::action_named(text_at(json, "action"));
  const auto score = number_at(json, "score");
  const auto micros = number_at(json, "microseconds");
  if (!phase || !mode || !action || !score || !micros || *micros < 0 || *micros > 1e15) return damaged();
  entry.phase = *phase;
  entry.filter = text_at(json, "filter");
  entry.mode = *mode;
  entry.action = *action;
  entry.score = *score;
  entry.micros = static_cast<std::uint64_t>(*micros);
  entry.allowed = is_set(json, "allowed");
  entry.failed = is_set(json, "failed");
  entry.reason = text_at(json, "reason");
  for (const Json& fact : list_at(json, "facts"))
    if (fact.is_string()) entry.facts.push_back(fact.get<std::string>());
  return entry;
}

Result<filter::Upshot> parse_shadow(const Json& json) {
  if (!json.is_object()) return damaged();
  const auto fate = filter::fate_named(text_at(json, "fate"));
  const auto score = number_at(json, "score");
  if (!fate || !score) return damaged();
  return filter::Upshot{*fate, text_at(json, "by"), *score, text_at(json, "reason")};
}

}  // namespace

Json to_json(const filter::Trace& trace) {
  Json filters = Json::array();
  Json silent = Json::object();
  for (const filter::TraceEntry& entry : trace.entries) {
    if (entry.is_silent()) {
      silent[std::string(filter::name_of(entry.phase))].push_back(entry.filter);
      continue;
    }
    filters.push_back(Json{{"phase", filter::name_of(entry.phase)},
                           {"filter", entry.filter},
                           {"mode", filter::name_of(entry.mode)},
                           {"action", filter::name_of(entry.action)},
                           {"score", number(entry.score)},
                           {"allowed", entry.allowed},
                           {"failed", entry.failed},
                           {"microseconds", entry.micros},
                           {"reason", entry.reason},
                           {"facts", entry.facts}});
  }
  Json json{{"mark", store::name_of(trace.mark)},
            {"score", number(trace.score)},
            {"filters", std::move(filters)},
            {"silent", std::move(silent)},
            {"cut", trace.cut}};
  if (const auto& shadow = trace.shadow)
    json["shadow"] = {{"fate", filter::name_of(shadow->fate)},
                      {"score", number(shadow->score)},
                      {"by", shadow->by},
                      {"reason", shadow->reason}};
  return json;
}

Result<filter::Trace> parse_trace(const Json& json) {
  filter::Trace trace;
  if (!json.is_object()) return damaged();
  const auto mark = store::mark_named(text_at(json, "mark"));
  const auto score = number_at(json, "score");
  if (!mark || !score) return damaged();
  trace.mark = *mark;
  trace.score = *score;
  trace.cut = is_set(json, "cut");
  if (const auto shadow = json.find("shadow"); shadow != json.end()) trace.shadow = TRY(parse_shadow(*shadow));
  for (const Json& each : list_at(json, "filters")) trace.entries.push_back(TRY(parse_entry(each)));
  const auto silent = json.find("silent");
  if (silent == json.end() || !silent->is_object()) return trace;
  for (const auto& [name, filters] : silent->items()) {
    const auto phase = filter::phase_named(name);
    if (!phase || !filters.is_array()) return damaged();
    for (const Json& each : filters) {
      if (!each.is_string()) return damaged();
      filter::TraceEntry& entry = trace.entries.emplace_back();
      entry.phase = *phase;
      entry.filter = each.get<std::string>();
    }
  }
  return trace;
}

}  // namespace maildrop::api
