/// csv.h: rows of comma-separated values (RFC 4180), as they are read.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace maildrop::replay {

struct CsvRow {
  std::size_t line = 0;  // of the file, where it begins; the first is 1
  std::vector<std::string> cells;
};

/// A cell may be in quotes, then with commas, line ends and doubled quotes in it. Lines end in CRLF or LF; empty ones
/// are passed over, as is a byte order mark. Not thread-safe. Blocks as its source does.
class CsvReader {
 public:
  static constexpr std::size_t kLongestRow = 1u << 20;  // bytes: a thousand recipients have 60,000

  /// Appends what comes next to its argument; false: the end.
  using More = std::function<Result<bool>(std::string&)>;
  explicit CsvReader(More more) : more_(std::move(more)) {}

  /// nullopt: the end. Errors, behind which there is no more to be had:
  ///   invalid     a quote where none may stand, or none where one must; a row that is too long. They name the line
  ///   others      those of the source
  Result<std::optional<CsvRow>> next();

 private:
  /// -1: the end.
  Result<int> peek();
  void take() { ++at_; }
  Result<void> quoted_cell(std::string& cell);
  Result<void> plain_cell(std::string& cell);
  Result<bool> end_of_cell();
  Result<void> add(std::string& cell, int c);
  tl::unexpected<Error> wrong(const std::string& what) const;

  const More more_;
  std::string piece_;
  std::size_t at_ = 0;    // of it, what is next
  std::size_t line_ = 1;  // where that is
  std::size_t row_ = 0;   // bytes of the row at hand
  bool begun_ = false, ended_ = false;
};

}  // namespace maildrop::replay
