/// listen.h: listening sockets: bound here, or inherited from systemd (LISTEN_FDS).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/net.h"
#include "core/result.h"

namespace maildrop::service {

/// An open, listening, non-blocking, close-on-exec socket. Owns the descriptor until release().
class Listener {
 public:
  /// `unlink_path`: the name of a unix socket made here. It is removed with the listener, if it is still this one's.
  Listener(int fd, std::string name, bool inherited, std::string unlink_path = {});
  ~Listener();
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;

  int fd() const { return fd_; }
  /// The address it really has: `127.0.0.1:41873`, `[::1]:25`, `unix:/path`.
  const std::string& name() const { return name_; }
  bool is_unix() const { return is_unix_; }
  /// systemd keeps the socket: it is never shut down, and what waits in its queue is the next process's.
  bool inherited() const { return inherited_; }
  /// Gives the descriptor away.
  int release();

 private:
  int fd_ = -1;
  std::string name_;
  bool inherited_ = false;
  bool is_unix_ = false;
  std::string unlink_path_;
  dev_t device_ = 0;  // of unlink_path_
  ino_t inode_ = 0;
};

/// One listener for each loop and address (SO_REUSEPORT), so that each loop accepts on its own; unix sockets and
/// inherited ones are one each. result[i] is what loop i serves.
using ListenersByLoop = std::vector<std::vector<Listener>>;

/// Opens all endpoints for `loops` loops. Port 0 gives all loops of one endpoint the same picked port. `*` opens IPv4
/// and IPv6 (IPv4 alone where the machine has no IPv6). A unix socket left over by a dead process is replaced; one that
/// answers is not; `socket_mode` are the permissions of a new one. `fd:NAME` takes the sockets that systemd passed
/// under that name. Errors name the endpoint and say what to do: `cannot listen on '0.0.0.0:25': permission denied
/// (ports below 1024 need CAP_NET_BIND_SERVICE or socket activation)`.
Result<ListenersByLoop> open_listeners(const std::vector<Endpoint>& endpoints, std::size_t loops,
                                       unsigned socket_mode = 0660);

/// Closes inherited sockets that nobody took, and clears LISTEN_* from the environment.
void forget_inherited();

}  // namespace maildrop::service
