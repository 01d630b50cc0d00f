/// report_table.h: columns of plain text, as wide as what is in them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace maildrop::replay {

/// The first column begins at the left, the others end at the right: names and their numbers.
class TextTable {
 public:
  enum class Last { right, left };               // left: words
  static constexpr std::size_t kWidth = 100;     // columns of a screen
  static constexpr std::size_t kNameWidth = 28;  // of the first: scripts have names of 24 at most

  explicit TextTable(Last last = Last::right) : last_(last) {}

  /// A row as long as the others. The text of strangers is made safe by who gives it.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Lines; of a name that is longer than its column may be, the end is missing.
  std::string text() const;

 private:
  Last last_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace maildrop::replay
