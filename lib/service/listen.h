/// listen.h: listening sockets: bound here, inherited from systemd (LISTEN_FDS), or of the process whose place we take.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/net.h"
#include "core/result.h"
#include "service/takeover.h"

namespace maildrop::service {

/// How a listening socket is seen by who watches that it is served.
struct Doorbell {
  std::atomic<int> fd{-1};  // -1: it is closed
  std::string name;
  std::atomic<std::uint64_t> turns{0};  // how often who serves it has looked who is there
};

/// An open, listening, non-blocking, close-on-exec socket. Owns the descriptor.
class Listener {
 public:
  /// Who else has the socket, too: the process that it was taken of, until that has ended, or the next one.
  enum class Shared { no, systemd, process };

  /// `unlink_path`: the name of a unix socket. It is removed with the listener that has it alone, if it is still that
  /// one's. `mode`: what own() makes its permissions.
  Listener(int fd, std::string name, Shared shared, std::string unlink_path = {}, unsigned mode = 0);
  ~Listener();
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) = delete;

  int fd() const { return fd_; }
  /// The address it really has: `127.0.0.1:41873`, `[::1]:25`, `unix:/path`.
  const std::string& name() const { return name_; }
  /// It is never shut down, and what waits in its queue is the next process's.
  bool shared() const { return shared_ != Shared::no; }
  /// Another process has it, too, from here on, if it is among `names`.
  void leave(const std::vector<std::string>& names);
  /// The process that it was taken of has ended. Until then nothing about it is changed, and what joins its port does
  /// not listen yet.
  ///   unavailable  it cannot listen
  Result<void> own();
  /// Who serves it looks who is there. Thread-safe.
  void turn() const { bell_->turns.fetch_add(1, std::memory_order_relaxed); }
  /// Outlives it.
  std::shared_ptr<const Doorbell> bell() const { return bell_; }

 private:
  int fd_ = -1;
  std::string name_;
  Shared shared_ = Shared::no;
  std::string unlink_path_;
  unsigned mode_ = 0;
  dev_t device_ = 0;  // of unlink_path_
  ino_t inode_ = 0;
  std::shared_ptr<Doorbell> bell_;  // none of one that was moved from
};

/// One listener for each loop and address (SO_REUSEPORT), so that each loop accepts on its own; unix sockets and
/// inherited ones are one each. result[i] is what loop i serves.
using ListenersByLoop = std::vector<std::vector<Listener>>;

/// Opens all endpoints for `loops` loops. Port 0 gives all loops of one endpoint the same picked port. `*` opens IPv4
/// and IPv6 (IPv4 alone where the machine has no IPv6). A unix socket left over by a dead process is replaced; one that
/// answers is not; `socket_mode` are the permissions of a new one. `fd:NAME` takes the sockets that systemd passed
/// under that name. What `takeover` has is taken of it (see ask_for()), and shared until own(). Errors name the
/// endpoint and say what to do: `cannot listen on '0.0.0.0:25': permission denied (ports below 1024 need
/// CAP_NET_BIND_SERVICE or socket activation)`.
Result<ListenersByLoop> open_listeners(const std::vector<Endpoint>& endpoints, std::size_t loops,
                                       unsigned socket_mode = 0660, Takeover* takeover = nullptr);

/// Asks whoever listens at these addresses for its sockets (Takeover::ask): before any of them is opened, since who has
/// an address may have a unix socket, too.
Result<void> ask_for(const std::vector<Endpoint>& endpoints, Takeover& takeover);

/// Listener::own() for all of them; those that could pass to the next process are added to `offered`.
Result<void> own(ListenersByLoop& listeners, std::vector<OfferedSocket>& offered);

/// The headers, of IP and TCP, of the packet by which a connection came that was accepted from a listener; once. Empty:
/// there are none.
std::string take_syn(int connection);

/// Closes inherited sockets that nobody took, and clears LISTEN_* from the environment.
void forget_inherited();

}  // namespace maildrop::service
