/// caps.h: what an inbox may hold, as it is now: a reload changes it under the calls that use it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/config.h"

namespace maildrop::store {

struct Caps {
  std::size_t messages = 10;
  std::uint64_t bytes = 0;  // of its messages; 0: no matter
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds min_age{0};  // at most `age`
};

/// Thread-safe. A reader may see half of a change, for one call.
class LiveCaps {
 public:
  explicit LiveCaps(const InboxSettings& settings) { set(settings); }

  void set(const InboxSettings& settings) {
    messages_.store(settings.max_messages, std::memory_order_relaxed);
    bytes_.store(settings.max_size, std::memory_order_relaxed);
    age_.store(settings.max_age.count(), std::memory_order_relaxed);
    min_age_.store(std::min(settings.min_age, settings.max_age).count(), std::memory_order_relaxed);
  }
  Caps get() const {
    return {messages_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed),
            std::chrono::milliseconds(age_.load(std::memory_order_relaxed)),
            std::chrono::milliseconds(min_age_.load(std::memory_order_relaxed))};
  }

 private:
  std::atomic<std::size_t> messages_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::int64_t> age_{0};
  std::atomic<std::int64_t> min_age_{0};
};

}  // namespace maildrop::store
