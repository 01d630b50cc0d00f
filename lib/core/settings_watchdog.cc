/// settings_watchdog.cc: the rows of `maildrop watchdog`.
#include "core/setting_rows.h"

namespace maildrop::rows {

namespace {

constexpr Range<Millis> kBackoff{Millis(10), std::chrono::hours(1)};

}  // namespace

void add_watchdog(std::vector<Setting>& rows) {
  rows.push_back(duration_row("watchdog.start_timeout", kTimeout, MEMBER(watchdog.start_timeout), "1s..24h",
                              "How long a program of maildrop-watchdog(8) may take until it says that it is ready "
                              "(READY=1). It may ask for more (EXTEND_TIMEOUT_USEC=). Then it is ended, and started "
                              "anew."));
  rows.push_back(duration_row(
      "watchdog.timeout", {Millis(0), std::chrono::hours(24)}, MEMBER(watchdog.timeout), "0s..24h",
      "How long a program that is ready may say nothing (WATCHDOG=1) before it is taken to hang: it is aborted "
      "(SIGABRT), killed half a second later, and started anew. 0s: that is not looked for."));
  rows.push_back(duration_row(
      "watchdog.stop_timeout", kTimeout, MEMBER(watchdog.stop_timeout), "1s..24h",
      "How long all programs together may take to end after TERM. What is left then is killed. Keep it below the time "
      "after which the watchdog itself is killed: 10 s with `docker stop`, 30 s in Kubernetes. "
      "service.drain_timeout of serve-smtp and serve-api is lowered to what is left of it for them."));
  rows.push_back(number_row("watchdog.starts", {1, 1000}, MEMBER(watchdog.starts), "1..1000",
                            "Starts of a program within watchdog.window, or one after another of which none got ready. "
                            "When the last of them fails, too, the other programs are ended as after TERM, and the "
                            "watchdog ends with status 70, so that whoever runs it can replace it."));
  rows.push_back(duration_row("watchdog.window", kTimeout, MEMBER(watchdog.window), "1s..24h",
                              "The time in which starts are counted. What fails more seldom is started anew for "
                              "ever."));
  rows.push_back(duration_row("watchdog.backoff", kBackoff, MEMBER(watchdog.backoff), "10ms..1h",
                              "How long a program that has ended waits for its next start; twice as long for each "
                              "further start within watchdog.window."));
  rows.push_back(duration_row("watchdog.max_backoff", kBackoff, MEMBER(watchdog.max_backoff), "10ms..1h",
                              "The longest of these waits. Not below watchdog.backoff. So many starts of such a wait "
                              "that they do not fit into watchdog.window are never too many."));
}

}  // namespace maildrop::rows
