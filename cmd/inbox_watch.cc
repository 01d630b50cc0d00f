/// inbox_watch.cc: waiting for mail.
#include <algorithm>
#include <thread>
#include <utility>

#include "command.h"
#include "core/text.h"
#include "inbox.h"

namespace maildrop::cmd {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPollEach{1};
constexpr std::chrono::seconds kAfterOutage{1};
constexpr std::chrono::minutes kLongest{10};      // of one wait for news: then look again whatever the feed thinks
constexpr std::chrono::hours kForEver{24 * 365};  // nobody waits longer

class Polling final : public store::Feed {
 public:
  Result<bool> wait(milliseconds at_most) override {
    std::this_thread::sleep_for(std::min<milliseconds>(at_most, kPollEach));
    return true;
  }
};

/// Looks again after an outage, telling of it once.
class Patience {
 public:
  explicit Patience(bool from_the_start) : from_the_start_(from_the_start) {}

  void saw_good() {
    if (std::exchange(down_, false)) report({Code::unavailable, "reachable again"});
    good_ = true;
  }
  /// Whether to go on after this failure.
  bool allows(const Error& error) {
    const bool outage = is_transient(error.code) ? good_ || from_the_start_ : good_ && error.code == Code::not_found;
    if (outage && !std::exchange(down_, true)) report({error.code, error.what + "; trying again"});
    return outage;
  }
  bool down() const { return down_; }

 private:
  bool from_the_start_;
  bool good_ = false;
  bool down_ = false;
};

milliseconds until(Moment end) { return std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now()); }

}  // namespace

std::unique_ptr<store::Feed> polling_feed() { return std::make_unique<Polling>(); }

Moment moment_after(Moment begin, milliseconds time) { return begin + std::min<milliseconds>(time, kForEver); }

int nothing_came(const mail::Inbox& inbox, milliseconds waited, const std::string& hint) {
  report({Code::timed_out, "nothing came to '" + inbox.name() + "' in " + format_duration(waited) + hint});
  return exit_timed_out;
}

Result<std::optional<int>> watch(store::Feed& feed, std::optional<Moment> end,
                                 const std::function<Result<std::optional<int>>()>& look) {
  Patience patience(end.has_value());
  for (;;) {
    const auto seen = look();
    if (seen && *seen) return seen;
    if (seen) patience.saw_good();
    if (!seen && !patience.allows(seen.error())) return seen;
    const auto left = [&end] { return end ? until(*end) : kForEver; };
    if (left().count() <= 0) return std::optional<int>();
    const auto news = patience.down() ? Result<bool>(true) : feed.wait(std::min<milliseconds>(left(), kLongest));
    if (!news && !patience.allows(news.error())) return tl::unexpected<Error>(news.error());
    if (patience.down()) std::this_thread::sleep_for(std::min<milliseconds>(left(), kAfterOutage));
  }
}

}  // namespace maildrop::cmd
