/// canary_desk.h: canaries for whoever asks: one at a time, whose result counts for a while.
///
/// Those who ask are strangers, as often as they like, and each of them has a thread of few meanwhile.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "core/clock.h"
#include "smtp/canary.h"

namespace maildrop::smtp {

/// Thread-safe.
class CanaryDesk {
 public:
  /// For so long a result is given to all who ask. Who watches over a server looks about as often.
  static constexpr Millis kFresh{10'000};
  /// While the next canary is on its way, the last result is given where it is no older than that. It covers a canary
  /// that fails by its deadline.
  static constexpr Millis kOld{30'000};
  /// Where there is no such one, one more may wait for it, so long: canaries that come back do so in some milliseconds,
  /// and those who ask have threads that others need, too.
  static constexpr Millis kWait{200};

  /// `send` is never called twice at once. Both outlive it.
  CanaryDesk(std::function<CanaryReport()> send, const Clock& clock) : send_(std::move(send)), clock_(clock) {}

  /// The last result, or that of a canary which is sent now: then it blocks as long as `send` does. nullptr: one is
  /// under way, and nothing is known yet.
  std::shared_ptr<const CanaryReport> ask();

 private:
  bool is_known(Millis age) const;

  const std::function<CanaryReport()> send_;
  const Clock& clock_;
  std::mutex mutex_;  // of what follows
  std::condition_variable back_;
  bool sending_ = false;
  bool waited_for_ = false;
  std::shared_ptr<const CanaryReport> last_;
  Monotonic at_{};  // of last_
};

}  // namespace maildrop::smtp
