/// baseline.h: what became of messages, kept in a file so that a later run can be compared: JSON Lines, the first
/// `{"schema":"maildrop.baseline/1"}`, then one for each message: its fact_key(), fate, by and score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "replay/comparison.h"

namespace maildrop::replay {

/// Writes one. Not thread-safe. Blocking.
class BaselineWriter {
 public:
  /// unavailable: it cannot be made, or is there already.
  static Result<std::unique_ptr<BaselineWriter>> create(const std::string& path);
  ~BaselineWriter();
  Result<void> add(const std::string& key, const Outcome& outcome);
  /// All is on the disk. Without it the file is removed when this goes.
  Result<void> finish();

 private:
  struct State;
  explicit BaselineWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Read whole: 32 bytes for each message. Thread-safe.
class Baseline {
 public:
  static constexpr std::size_t kMostMessages = 10'000'000;
  static constexpr std::size_t kMostFilters = 1000;  // that decided

  /// Whether a file is one, by its beginning. Blocking.
  static bool is_one(const std::string& path);
  ///   unavailable  it cannot be read
  ///   invalid      `PATH:LINE: what`
  static Result<Baseline> open(const std::string& path);

  /// Of a message that stands there twice, the first.
  std::optional<Verdict> of(const std::string& key) const;
  std::size_t messages() const { return rows_.size(); }

 private:
  struct Row {
    std::uint64_t high, low;  // of the key
    double score;
    std::uint16_t by;
    Fate fate;
  };
  Baseline() = default;

  std::vector<Row> rows_;        // by key
  std::vector<std::string> by_;  // names; Row::by is one of these
};

}  // namespace maildrop::replay
