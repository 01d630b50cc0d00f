/// log_line.h: reads a line of the log back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace maildrop::log {

struct Line {
  std::optional<Time> time;  // the journal keeps it elsewhere, and the level
  std::string level;         // or empty
  std::string event;
  /// In their order. A text is as the log has it, escaped where somebody's bytes were no text to show; numbers are as
  /// they are written.
  std::vector<std::pair<std::string, std::string>> fields;

  /// Empty: there is none.
  std::string_view field(std::string_view key) const;
};

/// What write() has written in any of its formats; nothing for anything else.
std::optional<Line> parse_line(std::string_view text);

}  // namespace maildrop::log
