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

/// The messages of an inbox, one after the other, newest first: which are too many, too large together, or expired. The
/// newest is never too large.
class Quota {
 public:
  Quota(std::size_t messages, std::uint64_t bytes, bool expired)
      : messages_(messages), bytes_(bytes), expired_(expired) {}
  bool exceeded_by(std::uint64_t size, bool hidden = false) {
    sum_ += size;
    ++count_;
    expired_ = expired_ || hidden || count_ > messages_ || (bytes_ != 0 && count_ > 1 && sum_ > bytes_);
    return expired_;  // and so is all that is older
  }

 private:
  const std::size_t messages_;
  const std::uint64_t bytes_;
  bool expired_;
  std::size_t count_ = 0;
  std::uint64_t sum_ = 0;
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
