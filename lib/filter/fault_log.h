/// fault_log.h: says that filters have faults, and not for each message.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace maildrop::filter {

/// Thread-safe.
class FaultLog {
 public:
  static constexpr std::chrono::minutes kPause{1};  // of a filter, between two lines

  /// A line, if one is due.
  void tell(std::string_view filter, const std::string& what, Monotonic now);
  /// How many were not logged before it; nothing: none is due.
  std::optional<unsigned> due(std::string_view filter, Monotonic now);
  /// Filters are others now: the next fault of each is due.
  void begin_anew();

 private:
  struct Line {
    std::optional<Monotonic> at{};  // the last one; nothing: the next is due
    unsigned unlogged = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Line, std::less<>> lines_;  // by filter
};

}  // namespace maildrop::filter
