/// notification.cc: the assignments of sd_notify(3).
#include "service/notification.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "core/text.h"

namespace maildrop::service {

namespace {

std::optional<std::chrono::microseconds> microseconds_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error != std::errc() && error != std::errc::result_out_of_range) return std::nullopt;
  const std::chrono::microseconds longest = kLongestExtension;
  if (error != std::errc() || number > static_cast<std::uint64_t>(longest.count())) return longest;
  return std::chrono::microseconds(number);
}

/// LISTEN_FDNAMES is joined by colons.
bool is_descriptor_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestDescriptorName &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f' && c != ':'; });
}

void assign(Notification& to, std::string_view key, std::string_view value) {
  const bool on = value == "1";
  if (key == "READY" && on) to.ready = true;
  if (key == "RELOADING" && on) to.reloading = true;
  if (key == "STOPPING" && on) to.stopping = true;
  if (key == "WATCHDOG" && on) to.alive = true;
  if (key == "WATCHDOG" && value == "trigger") to.trigger = true;
  if (key == "FDSTORE" && on) to.store = true;
  if (key == "FDSTOREREMOVE" && on) to.remove = true;
  if (key == "FDPOLL" && value == "0") to.poll = false;
  if (key == "BARRIER" && on) to.barrier = true;
  if (key == "FDNAME" && is_descriptor_name(value)) to.name = value;
  if (key == "STATUS") to.status = std::string(value.substr(0, kLongestStatus));
  if (key == "EXTEND_TIMEOUT_USEC") to.extend = microseconds_of(value);
  if (key == "WATCHDOG_USEC") to.period = microseconds_of(value);
}

}  // namespace

Notification parse_notification(std::string_view text) {
  Notification found;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != line.npos) assign(found, line.substr(0, equals), line.substr(equals + 1));
  }
  return found;
}

}  // namespace maildrop::service
