/// time_limit.cc: a thread that waits.
#include "service/time_limit.h"

#include <utility>

namespace maildrop::service {

TimeLimit::TimeLimit(Monotonic at, std::function<void()> expired)
    : at_(at), expired_(std::move(expired)), thread_([this] { wait(); }) {}

TimeLimit::~TimeLimit() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  over_.notify_one();
  thread_.join();
}

void TimeLimit::wait() {
  std::unique_lock lock(mutex_);
  if (!over_.wait_until(lock, at_, [this] { return ended_; })) expired_();
}

}  // namespace maildrop::service
