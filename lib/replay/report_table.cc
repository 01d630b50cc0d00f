/// report_table.cc: two passes, one for the widths.
#include "replay/report_table.h"

#include <algorithm>

#include "core/aligned.h"
#include "core/text.h"

namespace maildrop::replay {

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  if (!widths.empty()) widths[0] = std::min(widths[0], kNameWidth);
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = i == 0 ? cut_to_width(row[i], widths[i]) : row[i];
      const bool left = i == 0 || (last_ == Last::left && i + 1 == row.size());
      line.append(i == 0 ? "" : "  ").append(aligned(cell, widths[i], left ? Align::left : Align::right));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace maildrop::replay
