/// notify.h: telling systemd, or whoever else supervises us, how we are. Nothing happens without NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <string>

namespace maildrop::service {

/// All never block and may be called from any thread.
void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_status(const std::string& status);
/// Starting, reloading or ending takes this long from now: a supervisor that would not have waited so long does.
void notify_extend(std::chrono::milliseconds time);
/// We go on. To be said at least once in watchdog_period(), from READY on, or the supervisor ends us.
void notify_watchdog();

/// Somebody is told: NOTIFY_SOCKET is set.
bool is_supervised();
/// 0: nobody waits for notify_watchdog().
std::chrono::milliseconds watchdog_period();

}  // namespace maildrop::service
