/// notification.h: what a program says to its supervisor in one datagram of the protocol of sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace maildrop::service {

struct Notification {
  bool ready = false;
  bool reloading = false;
  bool stopping = false;
  bool alive = false;                               // WATCHDOG=1
  bool trigger = false;                             // WATCHDOG=trigger: it says itself that it hangs
  bool store = false;                               // FDSTORE=1: the descriptors that came with it are to be kept
  bool remove = false;                              // FDSTOREREMOVE=1
  bool poll = true;                                 // not FDPOLL=0: they are dropped when they hang up
  bool barrier = false;                             // its descriptor is closed when all before it has been done
  std::string name;                                 // FDNAME
  std::optional<std::string> status;                // at most kLongestStatus bytes, one line
  std::optional<std::chrono::microseconds> extend;  // EXTEND_TIMEOUT_USEC
  std::optional<std::chrono::microseconds> period;  // WATCHDOG_USEC; 0: none from here on
};

inline constexpr std::size_t kLongestStatus = 200;
inline constexpr std::size_t kLongestDescriptorName = 255;  // as systemd's
/// What a program may ask for at once, so that no sum of times overflows.
inline constexpr std::chrono::hours kLongestExtension{24};

/// Assignments, one a line. What is unknown, or has no value of its kind, is left out, as systemd does.
Notification parse_notification(std::string_view text);

}  // namespace maildrop::service
