/// notify.h: telling systemd, or whoever else supervises us, how we are. Nothing happens without NOTIFY_SOCKET.
#pragma once

#include <string>

namespace maildrop::service {

/// All never block and may be called from any thread.
void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_status(const std::string& status);

}  // namespace maildrop::service
