/// report_values.h: figures as JSON has them, in all reports that are JSON. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "replay/comparison.h"
#include "replay/measures.h"

namespace maildrop::replay {

using ReportJson = nlohmann::ordered_json;

/// With six digits behind the point: the last bits of a sum are no part of a report.
ReportJson value_json(double value);
/// hits, of, value (null of none), low, high.
ReportJson rate_json(const Rate& rate);
/// value, error, low, high; null without.
ReportJson area_json(const std::optional<RocArea>& area);
/// better, worse, p.
ReportJson disagreement_json(const Disagreement& found);

}  // namespace maildrop::replay
