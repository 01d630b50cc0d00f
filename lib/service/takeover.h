/// takeover.h: a new process takes the listening sockets of the one that serves, and then its place.
///
/// "Socket Takeover" (Naseer et al., Zero Downtime Release, SIGCOMM 2020, section 4.1). The sockets themselves pass
/// over (SCM_RIGHTS), with all that is in their queues: who waits to be accepted, and who is amid a handshake. A second
/// socket on the same port (SO_REUSEPORT) cannot do that: whoever is between SYN and ACK when the old one is closed is
/// reset, be its queue as empty as it may, and those who reach the new one before it can serve hang there.
///
/// They meet at an abstract unix socket, `@maildrop/` and an address that is listened on, such as
/// `@maildrop/0.0.0.0:25`: it belongs to the same network namespace as the port, and is gone with its process. Either
/// side talks to its own user and to root only. Over SOCK_SEQPACKET, each line ended by LF:
///
///     serving: maildrop takeover 1 LEFT     with one descriptor for each NAME; LEFT: how many follow in other packets
///              NAME ...
///     taking:  take                         what it does not take is closed by the one that ends
///              NAME ...
///     serving: end of file, when it has ended and its store is free. If it ends for another reason before it has heard
///              what is taken, it leaves all it has given.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop::service {

/// A listening socket of ours, as it is passed on. The name is Listener::name().
struct OfferedSocket {
  std::string name;
  int fd;
};

/// What the process that serves offers. Lives on one loop: it is built and destroyed while that does not run.
class TakeoverOffer {
 public:
  /// `taken` is called on the loop, once, with the names that are taken: whoever asked waits for our end.
  using Handler = std::function<void(const std::vector<std::string>& names)>;

  /// The descriptors of `sockets` stay the caller's, and open until withdraw(). Where nothing can be offered (they are
  /// all unix sockets, or somebody else has the name) there is a warning, and that is all.
  TakeoverOffer(boost::asio::io_context& context, std::vector<OfferedSocket> sockets, Handler taken);
  /// The end of file that the other side waits for.
  ~TakeoverOffer();
  TakeoverOffer(const TakeoverOffer&) = delete;
  /// Nobody can ask any more, and the loop has no work from here; must run on the loop's thread. The names of the
  /// sockets that somebody has who has not taken them yet: all, or none.
  std::vector<std::string> withdraw();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What a process that starts takes. For one thread; blocking.
class Takeover {
 public:
  /// Nobody's place.
  Takeover() = default;

  /// Asks whoever listens at `name` for all of its sockets; does nothing where nobody does, if they are here already,
  /// or (with a warning) where it is another user's: anybody may take the name of what is not running.
  ///   unavailable  it does not answer, or is being taken over by somebody else
  Result<void> ask(const std::string& name);

  bool empty() const { return givers_.empty(); }
  /// Whose place it is: `process 123, process 124`.
  std::string from() const;
  /// The same in numbers; 0: of a pid namespace that is not ours.
  std::vector<pid_t> pids() const;
  /// The sockets of that name, given away.
  std::vector<FileDescriptor> take(std::string_view name);
  /// Names of sockets that are here and were not taken: after finish(), which warns of them, nobody serves them.
  std::vector<std::string> left() const;
  /// Has all that were asked end, and waits for that. From here on there is no way back.
  ///   unavailable  they are still there after `patience`; it may be called again
  Result<void> finish(std::chrono::milliseconds patience);

 private:
  struct Giver {
    FileDescriptor channel;
    pid_t pid;
    std::vector<std::string> taken;
  };
  struct Socket {
    std::string name;
    FileDescriptor fd;
    std::size_t giver;
  };

  Result<void> receive(const Giver& giver);

  std::vector<Giver> givers_;
  std::vector<Socket> sockets_;
  bool told_ = false;
};

}  // namespace maildrop::service
