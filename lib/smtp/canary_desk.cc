/// canary_desk.cc: who asks first sends; who asks meanwhile hardly waits.
#include "smtp/canary_desk.h"

#include <exception>
#include <string>
#include <utility>

namespace maildrop::smtp {

bool CanaryDesk::is_known(Millis age) const { return last_ && clock_.monotonic() - at_ < age; }

std::shared_ptr<const CanaryReport> CanaryDesk::ask() {
  std::unique_lock lock(mutex_);
  if (is_known(sending_ ? kOld : kFresh)) return last_;
  if (sending_) {
    if (std::exchange(waited_for_, true)) return nullptr;
    const bool back = back_.wait_for(lock, kWait, [this] { return !sending_; });
    waited_for_ = false;
    return back ? last_ : nullptr;
  }
  auto report = std::make_shared<CanaryReport>();  // first: what throws from here on would leave it sending for ever
  sending_ = true;
  lock.unlock();
  try {
    *report = send_();
  } catch (const std::exception& error) {  // no memory: whoever waits must not wait for ever
    report->error = Error{Code::internal, error.what()};
  }
  lock.lock();
  sending_ = false;
  last_ = std::move(report);
  at_ = clock_.monotonic();
  back_.notify_all();
  return last_;
}

}  // namespace maildrop::smtp
