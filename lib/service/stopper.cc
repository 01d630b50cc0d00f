/// stopper.cc: waits, and stops.
#include "service/stopper.h"

#include <chrono>
#include <utility>

namespace maildrop::service {

namespace {

constexpr std::chrono::milliseconds kAgain{50};

}  // namespace

Stopper::Stopper(Monotonic end, std::function<void()> stop)
    : stop_(std::move(stop)), end_(end), thread_([this] { wait(); }) {}

Stopper::~Stopper() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Stopper::expired() {
  const std::lock_guard lock(mutex_);
  return expired_;
}

void Stopper::wait() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (std::chrono::steady_clock::now() < end_) {
      wake_.wait_until(lock, end_);
      continue;
    }
    expired_ = true;
    lock.unlock();  // what stops may block, and nobody is to wait for that
    stop_();
    lock.lock();
    end_ = std::chrono::steady_clock::now() + kAgain;
  }
}

}  // namespace maildrop::service
