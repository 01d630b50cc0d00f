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

inline constexpr std::chrono::seconds kPatience{5};

/// What `call` gives in the end: what passes by itself (a writer that starts, ends or hangs, a server that changes
/// places) is tried again until kPatience has passed, or `go_on` gives false.
template <class Call>
auto patiently(
    Call call, const std::function<bool()>& go_on = [] { return true; }) -> decltype(call()) {
  constexpr std::chrono::milliseconds kRetry{200};
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    auto result = call();
    if (result || std::chrono::steady_clock::now() + kRetry > until || !go_on()) return result;
    const Code code = result.error().code;
    if (code != Code::unavailable && code != Code::timed_out && code != Code::over_limit) return result;
    std::this_thread::sleep_for(kRetry);
  }
}

}  // namespace maildrop::store
