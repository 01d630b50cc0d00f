/// statistics_text.h: a digest of the statistics for people: tables, and small plots where a screen can show them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "api/statistics_digest.h"
#include "api/statistics_forms.h"

namespace maildrop::api {

struct StatisticsLook {
  std::size_t width = 0;  // columns, none of which is passed; 0: as wide as it comes
  bool plots = false;     // each line with its hours drawn, where there is room for it
  bool bold = false;      // headings
};

/// Grand totals, then by hour (by day, where there are more than three days and hours were not asked for), and then the
/// details, as many of each as `choice` says, and by themselves kUsualTop. Lines end in LF, and what a terminal would
/// act on is taken out.
std::string statistics_text(const Digest& digest, const StatisticsChoice& choice, const StatisticsLook& look);
inline constexpr std::size_t kUsualTop = 10;

/// One line for one look of many, without its end: time, the totals since counting began, and how many were stored a
/// minute since `before` was read (nothing, where that is the same moment).
std::string statistics_line(const Digest& now, const Digest& before);

/// Block characters from U+2581 to U+2588, as many as `columns` at most; where there are more numbers than that, each
/// is the sum of neighbours. A space is for nothing, and the highest is the most of them.
std::string sparkline(std::span<const std::uint64_t> counts, std::size_t columns);

}  // namespace maildrop::api
