/// statistics_json.h: a plot of the statistics as /api/v3/statistics tells it.
#pragma once

#include "api/json.h"
#include "api/statistics.h"
#include "core/result.h"

namespace maildrop::api {

/// Columns, since rows would say each name for each hour.
Json plot_json(const Plot& plot);
/// The reverse. corrupt: it is no such thing, has more hours or series than a store keeps, or a longer name.
Result<Plot> parse_plot(const Json& answer);

}  // namespace maildrop::api
