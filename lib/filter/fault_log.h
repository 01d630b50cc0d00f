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
  /// How many went unsaid before it; nothing: none is due.
  std::optional<unsigned> due(std::string_view filter, Monotonic now);

 private:
  struct Line {
    Monotonic at{};
    unsigned unsaid = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Line, std::less<>> lines_;  // by filter
};

}  // namespace maildrop::filter
