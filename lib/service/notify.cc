/// notify.cc: sd_notify(3) messages.
#include "service/notify.h"

#include <systemd/sd-daemon.h>

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

void notify_ready(const std::string& status) { send("READY=1\n" + status_line(status)); }
void notify_reloading() { send("RELOADING=1\n"); }
void notify_stopping() { send("STOPPING=1\n"); }
void notify_status(const std::string& status) { send(status_line(status)); }

}  // namespace maildrop::service
