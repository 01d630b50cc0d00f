/// time_limit.h: what must be over by then, or else.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/clock.h"

namespace maildrop::service {

/// Calls `expired` at `at`, on a thread of its own, unless it is destroyed before. For the end of a process, when no
/// loop runs any more that could hold a timer.
class TimeLimit {
 public:
  TimeLimit(Monotonic at, std::function<void()> expired);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;

 private:
  void wait();

  const Monotonic at_;
  const std::function<void()> expired_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace maildrop::service
