/// live_changes.cc: lines of reports, as changes.
#include "replay/live_changes.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/parse_time.h"
#include "filter/trace.h"

namespace maildrop::replay {

namespace {

using Decided = nlohmann::json;

std::string string_at(const Decided& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

double score_at(const Decided& object) {
  const auto member = object.find("score");
  const double score = member != object.end() && member->is_number() ? member->get<double>() : 0;
  return std::isfinite(score) ? score : 0;
}

std::optional<Fate> fate_in_force(const Decided& decision) {
  const std::string result = string_at(decision, "result"), mark = string_at(decision, "mark");
  if (result == "stored")
    return mark == "tag" ? Fate::tagged : mark == "quarantine" ? Fate::quarantined : Fate::accepted;
  return filter::fate_named(result == "refused" ? "rejected" : result);
}

std::string name_of(const Decided& decision) {
  if (std::string id = string_at(decision, "id"); !id.empty()) return id;
  std::string name = "session " + string_at(decision, "session");
  const auto to = decision.find("to");
  if (string_at(decision, "of") == "recipient" && to != decision.end() && to->is_array() && !to->empty() &&
      to->front().is_string())
    name += ", recipient " + to->front().get<std::string>();
  return name;
}

}  // namespace

Result<void> LiveChanges::add(std::string_view line, Time since) {
  const Decided decision = Decided::parse(line, nullptr, false);
  if (!decision.is_object() || string_at(decision, "schema") != "maildrop.decision/1")
    return fail(Code::corrupt, "no decision");
  const std::optional<Time> time = parse_rfc3339(string_at(decision, "time"));
  const std::optional<Fate> before = fate_in_force(decision);
  if (!time || !before) return fail(Code::corrupt, "a decision without a time or a result");
  if (*time < since) return {};
  const auto shadow = decision.find("shadow");
  const std::optional<Fate> after =
      shadow != decision.end() && shadow->is_object() ? filter::fate_named(string_at(*shadow, "fate")) : std::nullopt;
  if (!after) {
    ++found_.unknown;
    return {};
  }
  const std::string name = name_of(decision), why = string_at(*shadow, "why");
  found_.add(name, label_of_ ? label_of_(name) : Label::none, {*before, string_at(decision, "by"), score_at(decision)},
             {*after, string_at(*shadow, "by"), score_at(*shadow)},
             [&] { return why.empty() ? std::vector<std::string>() : std::vector<std::string>{why}; });
  return {};
}

}  // namespace maildrop::replay
