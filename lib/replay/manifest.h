/// manifest.h: what somebody knows of samples, in a table: their labels, and who sent them to whom.
///
/// A CSV file (csv.h) whose first row names the columns, in any order: `name`, and some of
///   label      `spam` or `ham`
///   peer       the address of the client
///   helo       what it called itself
///   from       the sender; `<>`: a bounce
///   to         the recipients, as a list with commas
///   received   when it came: `2026-11-27T10:00:00Z`, or as a Date field has it
/// An empty cell tells nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "replay/csv.h"
#include "replay/source.h"

namespace maildrop::replay {

/// Not thread-safe.
class Manifest {
 public:
  static constexpr std::size_t kMostRows = 1'000'000;  // 150 MB where they have labels only, some 500 with all columns
  static constexpr std::size_t kErrorsNamed = 20;      // a screen; reading ends there

  /// Errors name the file, and line and column; each is a line of one error, invalid. over_limit: more than `most`
  /// rows.
  static Result<Manifest> open(const std::string& path);
  static Result<Manifest> read(const std::string& path, CsvReader::More more, std::size_t most = kMostRows);

  /// Whether there is a row of that name. Then what it tells takes the place of what `sample` has.
  bool apply(std::string_view name, Sample& sample);

  std::size_t rows() const { return rows_.size(); }
  /// Rows that no sample had the name of so far.
  std::size_t unused() const { return rows_.size() - used_; }
  /// The first of them in the order of the file.
  std::vector<std::string> unused_names(std::size_t most) const;

 private:
  struct Row {
    std::size_t line = 0;
    Label label = Label::none;
    bool used = false;
    std::unique_ptr<Envelope> envelope{};  // none: nothing is told of it
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void take(CsvRow row, const std::vector<std::string>& columns, std::vector<std::string>& errors);

  std::unordered_map<std::string, Row, Hash, std::equal_to<>> rows_;
  std::size_t used_ = 0;
};

}  // namespace maildrop::replay
