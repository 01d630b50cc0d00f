/// page_plot.h: numbers by the hour, drawn as SVG of ours, in words and colours of the sheet. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/markup.h"
#include "store/statistics.h"

namespace maildrop::api {

/// One line, or one colour of the bars. All of a plot have as many values as it has hours.
struct PlottedSeries {
  std::string label;
  std::string_view look;  // class of the sheet: `stored`, `c1`
  std::vector<std::uint64_t> counts;
};

/// The least of 1, 2, 5, 10, 20, ... that is not below: where an axis ends.
std::uint64_t axis_end(std::uint64_t most);

/// Bars, one for each hour, in which the series stand on each other, the first one below.
Markup stacked_bars(std::string_view title, store::Hour first, const std::vector<PlottedSeries>& series);
/// A line for each series.
Markup lines(std::string_view title, store::Hour first, const std::vector<PlottedSeries>& series);

/// A bar of a table, as long as its part of `most`.
Markup table_bar(std::uint64_t value, std::uint64_t most, std::string_view look);

}  // namespace maildrop::api
