/// bulk.h: what all work on many messages of a store shares: a tally of them, and patience with who answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "core/clock.h"
#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

struct Tally {
  std::uint64_t messages = 0;
  std::uint64_t inboxes = 0;  // that have some of them
  std::uint64_t bytes = 0;    // of the messages as they came
  Time oldest{}, newest{};    // received; of no meaning without messages

  /// One more. Those of an inbox come together, or it is counted again.
  void add(const mail::Inbox& inbox, const Summary& summary);

 private:
  std::string inbox_;  // that was counted last
};

/// Called between steps. false: end here.
using GoOn = std::function<bool(const Tally&)>;

inline constexpr std::size_t kScanPage = 500;  // messages of a walk at once

/// What `call` gives in the end: what passes by itself (a writer that starts, ends or hangs, a server that changes
/// places) is waited for, some seconds.
template <class Call>
auto patiently(Call call) -> decltype(call()) {
  constexpr std::chrono::milliseconds kRetry{200};
  constexpr int kRetries = 25;
  for (int i = 0;; ++i) {
    auto result = call();
    const bool may_pass =
        !result && (result.error().code == Code::unavailable || result.error().code == Code::timed_out ||
                    result.error().code == Code::over_limit);
    if (!may_pass || i == kRetries) return result;
    std::this_thread::sleep_for(kRetry);
  }
}

}  // namespace maildrop::store
