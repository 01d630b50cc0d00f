/// child.h: starts a process as a supervisor does: a group of its own, descriptors handed over as systemd does it
/// (LISTEN_FDS), and nothing else of ours.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "core/result.h"

namespace maildrop::service {

struct ChildPlan {
  std::string file;                    // with a slash, or looked for in PATH
  std::vector<std::string> arguments;  // the first is its name
  /// `NAME=value`. Of ours nothing is added but LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, and WATCHDOG_PID where there
  /// is a WATCHDOG_USEC.
  std::vector<std::string> environment;
  /// Open in the child from descriptor 3 on, in that order, with their names. They stay ours.
  std::vector<std::pair<int, std::string>> descriptors;
};

/// Environment of this process without what it was told for itself: NOTIFY_SOCKET, WATCHDOG_* and LISTEN_*.
std::vector<std::string> environment_for_children();

/// Starts it: leader of a new process group, no signal blocked, ignored or handled, with our descriptors 0 to 2. It is
/// sent TERM when the thread that called this ends, however that comes about.
/// Blocking: until the program runs, or could not be run.
///   not_found    there is no such program, or it cannot be run
///   unavailable  no process can be made now
Result<pid_t> start_child(const ChildPlan& plan);

}  // namespace maildrop::service
