/// notify.cc: sd_notify(3) messages.
#include "service/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>

namespace maildrop::service {

namespace {

void send(const std::string& message) { sd_notify(0, message.c_str()); }

/// STATUS is one line: a newline would start another assignment.
std::string status_line(std::string status) {
  for (char& c : status)
    if (c == '\n') c = ' ';
  return "STATUS=" + status + "\n";
}

}  // namespace

void notify_ready() { send("READY=1\n"); }
void notify_reloading() { send("RELOADING=1\n"); }
void notify_stopping() { send("STOPPING=1\n"); }
void notify_watchdog() { send("WATCHDOG=1\n"); }

void notify_extend(std::chrono::milliseconds time) {
  send("EXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds(time).count()) + "\n");
}

bool is_supervised() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

std::chrono::milliseconds watchdog_period() {
  std::uint64_t micros = 0;
  if (sd_watchdog_enabled(0, &micros) <= 0) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(micros));
}

void notify_status(const std::string& status) { send(status_line(status)); }

}  // namespace maildrop::service
