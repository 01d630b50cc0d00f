/// report_values.cc: numbers, rounded.
#include "replay/report_values.h"

#include "replay/report_words.h"

namespace maildrop::replay {

ReportJson value_json(double value) { return rounded(value, 6); }

ReportJson rate_json(const Rate& rate) {
  const auto value = rate.value();
  const Interval interval = rate.interval();
  return {{"hits", rate.hits},
          {"of", rate.of},
          {"value", value ? value_json(*value) : ReportJson()},
          {"low", value_json(interval.low)},
          {"high", value_json(interval.high)}};
}

ReportJson area_json(const std::optional<RocArea>& area) {
  if (!area) return nullptr;
  return {{"value", value_json(area->value)},
          {"error", value_json(area->error)},
          {"low", value_json(area->interval.low)},
          {"high", value_json(area->interval.high)}};
}

ReportJson disagreement_json(const Disagreement& found) {
  return {{"better", found.better}, {"worse", found.worse}, {"p", value_json(found.p_value())}};
}

}  // namespace maildrop::replay
