/// supervisor.h: keeps programs up: starts their processes, hears what they say, and does what service/supervision
/// decides.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "service/child.h"
#include "service/supervision.h"

namespace maildrop::service {

/// Descriptors that a program may have kept (FDSTORE=1). serve-smtp and serve-api keep none; of others it is what a
/// server's connections to databases and the like may come to, and far below any limit of open files.
inline constexpr std::size_t kMostKept = 64;

struct SupervisedProgram {
  ProgramRules rules;
  /// Its descriptors are those of listening sockets. What it hears by the environment about its supervisor is added.
  ChildPlan plan;
};

struct SupervisorHooks {
  std::function<void()> reload;    // HUP has been passed on
  std::function<void()> stopping;  // nothing is started any more: the listening sockets may be closed
};

/// Until all programs have ended, after TERM, INT or QUIT or since one cannot be kept up: then the exit status. Logs.
/// Reaps all children of the process, whosever they are, and those that are left to it as a "child subreaper".
/// REQUIRES: the process has no other thread, and starts no other children. TERM, INT, QUIT, HUP and CHLD stay blocked.
///   unavailable  the system gives no socket or descriptor to begin with
Result<int> supervise(std::vector<SupervisedProgram> programs, const WatchdogSettings& settings, const Clock& clock,
                      const SupervisorHooks& hooks);

}  // namespace maildrop::service
