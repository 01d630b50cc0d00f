/// inbox_watch.cc: waiting for mail.
#include <algorithm>
#include <thread>

#include "command.h"
#include "inbox.h"

namespace maildrop::cmd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPollEach{1};
constexpr std::chrono::seconds kAfterOutage{2};
constexpr std::chrono::minutes kLongest{10};  // of one wait for news: then look again whatever the feed thinks

class Polling final : public store::Feed {
 public:
  Result<bool> wait(std::chrono::milliseconds at_most) override {
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(at_most, kPollEach));
    return true;
  }
};

/// Looks again after an outage, telling of it once.
class Patience {
 public:
  /// Whether to go on after this result.
  bool allows(const Result<std::optional<int>>& result) {
    if (result) {
      if (std::exchange(down_, false)) report({Code::unavailable, "reachable again"});
      good_ = true;
      return true;
    }
    if (!good_ || !is_transient(result.error().code)) return false;
    if (!std::exchange(down_, true)) report({result.error().code, result.error().what + "; trying again"});
    return true;
  }
  bool down() const { return down_; }

 private:
  bool good_ = false;
  bool down_ = false;
};

}  // namespace

std::unique_ptr<store::Feed> polling_feed() { return std::make_unique<Polling>(); }

Result<std::optional<int>> watch(store::Feed& feed, std::optional<std::chrono::milliseconds> at_most,
                                 const std::function<Result<std::optional<int>>()>& look) {
  const auto deadline = Clock::now() + at_most.value_or(std::chrono::hours(24 * 365));
  Patience patience;
  for (;;) {
    const auto seen = look();
    if (!patience.allows(seen) || (seen && *seen)) return seen;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (at_most && left.count() <= 0) return std::optional<int>();
    if (patience.down()) {
      std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(left, kAfterOutage));
    } else {
      TRY(feed.wait(std::min<std::chrono::milliseconds>(left, kLongest)));
    }
  }
}

}  // namespace maildrop::cmd
