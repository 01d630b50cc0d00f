/// stopper.h: ends what blocks on another thread when its time is over, and again until it has ended.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/clock.h"

namespace maildrop::service {

/// For clients whose timeouts begin anew with each byte. Calls `stop` at `end`, on a thread of its own, and from then
/// on every 50 ms as long as it lives: a stop between connecting and sending may be lost.
class Stopper {
 public:
  Stopper(Monotonic end, std::function<void()> stop);
  ~Stopper();
  Stopper(const Stopper&) = delete;

  bool expired();  // thread-safe

 private:
  void wait();

  const std::function<void()> stop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Monotonic end_;
  bool over_ = false;
  bool expired_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace maildrop::service
