/// introduction.h: a connection from a balancer, until its PROXY header tells whose it is.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <list>
#include <optional>
#include <string>

#include "smtp/loop_state.h"
#include "smtp/proxy_protocol.h"

namespace maildrop::smtp {

class Introduction {
 public:
  /// `socket`: connected, non-blocking. Throws when the loop cannot watch it; it is closed then.
  Introduction(LoopState& loop, FileDescriptor socket);
  /// Gives back the seat of a peer that is no source, which it was admitted to.
  ~Introduction();
  Introduction(const Introduction&) = delete;

  /// The header, which is taken off the socket, and nothing behind it. Status::no_header: something else came, or
  /// nothing in proxy.timeout; it is still there. Status::more: the peer has gone, or the loop drains.
  boost::asio::awaitable<ProxyHeader, LoopExecutor> read();
  FileDescriptor take() { return socket_.take(); }

  /// Ends what takes too long.
  void sweep();
  void drain();

 private:
  LoopState& loop_;
  service::PolledSocket socket_;
  std::list<Introduction*>::iterator place_;
  Monotonic deadline_;
  bool expired_ = false;
};

}  // namespace maildrop::smtp
