/// daemon.h: what serve, serve-smtp and serve-api run: loops, store, servers and signals, put together.
#pragma once

#include "command.h"

namespace maildrop::cmd {

struct DaemonParts {
  bool smtp = false;
  bool api = false;
};

/// Serves until TERM; the value is the exit status. Everything that can be wrong with configuration, sockets or store
/// is said before READY.
int run_daemon(const Globals& globals, DaemonParts parts);

}  // namespace maildrop::cmd
