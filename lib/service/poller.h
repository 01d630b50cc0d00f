/// poller.h: waits for sockets to become readable or writable. epoll(7), edge-triggered: a socket is registered once,
/// where Asio's async_wait needs a system call for each wait, and a session of SMTP waits at every reply.
///
/// All of it belongs to one loop and is touched by that loop's thread alone. A poller goes when its loop runs no more;
/// of sockets that are left only the destructor may be called then.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/descriptor.h"

namespace maildrop::service {

class PolledSocket;

class Poller {
 public:
  using Executor = boost::asio::io_context::executor_type;

  /// Throws boost::system::system_error when the process may not have one more descriptor.
  explicit Poller(boost::asio::io_context& context);
  /// Coroutines that still wait end with the io_context, without being resumed.
  ~Poller();
  Poller(const Poller&) = delete;

 private:
  friend class PolledSocket;
  using Token = boost::asio::use_awaitable_t<Executor>;
  using Resume = boost::asio::async_result<Token, void()>::handler_type;

  void add(PolledSocket& socket);
  void remove(PolledSocket& socket);
  void arm();
  void collect();
  std::size_t collect_once();
  void resume_soon(Resume resume);
  void resume_due();

  boost::asio::io_context& context_;
  boost::asio::posix::basic_stream_descriptor<Executor> epoll_;
  std::vector<PolledSocket*> sockets_;  // each knows its place
  std::vector<Resume> due_;
  std::vector<Resume> running_;
  bool armed_ = false;   // an idle poller does not keep its loop from ending
  bool posted_ = false;  // resume_due() will be called
};

/// A connected, non-blocking stream socket. One coroutine at a time waits for it.
class PolledSocket {
 public:
  /// Throws boost::system::system_error when the kernel cannot watch it (fs.epoll.max_user_watches); it is closed then.
  PolledSocket(Poller& poller, FileDescriptor socket);
  ~PolledSocket();
  PolledSocket(const PolledSocket&) = delete;

  /// As recv(2) and send(2) with MSG_NOSIGNAL. A wait without a call of these before it may be over at once.
  ssize_t recv(std::span<char> into);
  /// The same, and the bytes stay.
  ssize_t peek(std::span<char> into);
  ssize_t send(std::string_view bytes);
  /// Sends the end of the stream.
  void shut_down_sending();
  /// Gives the socket away. REQUIRES: nobody waits for it. Only the destructor may be called then.
  FileDescriptor take();

  /// Until recv() has bytes, the end or an error to give, or cancel(). Never without a turn of the loop, so that a peer
  /// that never stops sending does not keep the others waiting.
  boost::asio::awaitable<void, Poller::Executor> readable();
  /// The same for send().
  boost::asio::awaitable<void, Poller::Executor> writable();
  /// The peer sends no more: readable() waits for nothing from here on.
  bool ended() const { return ended_; }
  /// Ends the wait, if there is one.
  void cancel();

 private:
  friend class Poller;
  struct Wait;
  ssize_t receive(std::span<char> into, int flags);

  Poller* poller_;
  FileDescriptor socket_;
  std::size_t place_ = 0;
  std::optional<Poller::Resume> waiting_;
  bool wants_room_ = false;  // what waiting_ waits for: bytes or room
  bool has_bytes_ = false;   // as far as we know; the kernel tells when that changes from no to yes
  bool has_room_ = false;
  bool ended_ = false;  // the peer sends no more, or has failed: has_bytes_ stays
};

}  // namespace maildrop::service
