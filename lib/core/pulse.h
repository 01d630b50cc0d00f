/// pulse.h: whether a thread goes on with its work, as others can see it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace maildrop {

/// Of one thread, which alone beats and rests. A new one rests.
class Pulse {
 public:
  /// A piece of work begins.
  void beat() { since_.store(std::max<std::int64_t>(1, now()), std::memory_order_relaxed); }
  /// There is nothing to do until somebody brings something.
  void rest() { since_.store(0, std::memory_order_relaxed); }
  /// How long it has been at the same piece; 0 while it rests. Thread-safe, never blocks.
  std::chrono::milliseconds silent() const {
    const std::int64_t since = since_.load(std::memory_order_relaxed);
    return std::chrono::milliseconds(since == 0 ? 0 : std::max<std::int64_t>(0, now() - since));
  }

 private:
  static std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  std::atomic<std::int64_t> since_{0};
};

}  // namespace maildrop
