/// poller.cc: an epoll instance of our own that is itself one descriptor of Asio's.
#include "service/poller.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

namespace maildrop::service {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kEventsAtOnce = 256;
constexpr std::size_t kRounds = 4;  // of events, before others of the loop have their turn

[[noreturn]] void throw_errno(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

}  // namespace

Poller::Poller(asio::io_context& context) : context_(context), epoll_(context.get_executor()) {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw_errno("epoll_create1");
  epoll_.assign(fd);
}

Poller::~Poller() {
  std::vector<Resume> waiting = std::move(due_);
  for (PolledSocket* socket : sockets_) {
    if (socket->waiting_) waiting.push_back(*std::exchange(socket->waiting_, std::nullopt));
    socket->poller_ = nullptr;
  }
}

void Poller::add(PolledSocket& socket) {
  arm();  // first: whatever throws, nothing is left behind
  sockets_.push_back(&socket);
  socket.place_ = sockets_.size() - 1;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &socket;
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket.socket_.get(), &event) != 0) {
    sockets_.pop_back();
    const int error = errno;
    if (sockets_.empty()) epoll_.cancel();
    errno = error;
    throw_errno("epoll_ctl");
  }
}

/// The kernel forgets a descriptor by itself when it is closed.
void Poller::remove(PolledSocket& socket) {
  sockets_[socket.place_] = sockets_.back();
  sockets_[socket.place_]->place_ = socket.place_;
  sockets_.pop_back();
  if (sockets_.empty()) epoll_.cancel();
}

void Poller::arm() {
  if (armed_) return;
  epoll_.async_wait(decltype(epoll_)::wait_read, [this](const boost::system::error_code& error) {
    armed_ = false;
    // Not before it is over: what comes meanwhile is collected, too, and would end a wait for nothing.
    try {
      if (!error) collect();
    } catch (...) {  // out of memory
      if (!sockets_.empty()) arm();
      throw;
    }
    if (!sockets_.empty()) arm();
  });
  armed_ = true;  // had it thrown, the next would try again
}

void Poller::collect() {
  // Who was answered may have said more by then, and to ask at once takes a system call where to wait anew takes four.
  std::size_t count = 0;
  for (std::size_t round = 0; round < kRounds && count < kEventsAtOnce; ++round) {
    const std::size_t fresh = collect_once();
    count += fresh;
    resume_due();
    if (fresh < 2) return;  // as a rule nothing follows at once
  }
}

/// How many events there were.
std::size_t Poller::collect_once() {
  due_.reserve(due_.size() +
               kEventsAtOnce);  // first: an event is told once, and running out of memory must not lose it
  std::array<epoll_event, kEventsAtOnce> events;
  const int count = ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  // Nobody is resumed before all are seen: who is resumed may end sockets.
  for (int i = 0; i < count; ++i) {
    PolledSocket& socket = *static_cast<PolledSocket*>(events[static_cast<std::size_t>(i)].data.ptr);
    const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
    if (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) socket.ended_ = true;
    if (what & EPOLLIN || socket.ended_) socket.has_bytes_ = true;
    // A peer that only sends no more (EPOLLRDHUP) may leave what we send unread for ever.
    if (what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) socket.has_room_ = true;
    if (socket.waiting_ && (socket.wants_room_ ? socket.has_room_ : socket.has_bytes_))
      due_.push_back(*std::exchange(socket.waiting_, std::nullopt));
  }
  return static_cast<std::size_t>(std::max(count, 0));
}

void Poller::resume_soon(Resume resume) {
  due_.push_back(std::move(resume));
  if (posted_) return;
  asio::post(context_, [this] {
    posted_ = false;
    resume_due();
  });
  posted_ = true;
}

void Poller::resume_due() {
  running_.swap(due_);                                  // who comes meanwhile has a turn of its own
  for (Resume& resume : running_) std::move(resume)();  // what they throw Asio keeps until this turn is over
  running_.clear();
}

struct PolledSocket::Wait {
  PolledSocket* socket;
  bool room;

  void operator()(Poller::Resume resume) const {
    if (room ? socket->has_room_ : socket->has_bytes_) return socket->poller_->resume_soon(std::move(resume));
    socket->wants_room_ = room;
    socket->waiting_.emplace(std::move(resume));
  }
};

PolledSocket::PolledSocket(Poller& poller, FileDescriptor socket) : poller_(&poller), socket_(std::move(socket)) {
  poller.add(*this);
}

PolledSocket::~PolledSocket() {
  if (poller_) poller_->remove(*this);
}

ssize_t PolledSocket::recv(std::span<char> into) { return receive(into, 0); }

ssize_t PolledSocket::peek(std::span<char> into) { return receive(into, MSG_PEEK); }

ssize_t PolledSocket::receive(std::span<char> into, int flags) {
  const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), flags);
  // Less than there was room for: all that there was (epoll(7)), and what comes next is told.
  const bool all = n < 0 ? errno == EAGAIN : static_cast<std::size_t>(n) < into.size();
  has_bytes_ = !all || ended_;
  return n;
}

ssize_t PolledSocket::send(std::string_view bytes) {
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  has_room_ = n >= 0 || errno != EAGAIN;
  return n;
}

void PolledSocket::shut_down_sending() { ::shutdown(socket_.get(), SHUT_WR); }

FileDescriptor PolledSocket::take() {
  poller_->remove(*this);
  ::epoll_ctl(poller_->epoll_.native_handle(), EPOLL_CTL_DEL, socket_.get(), nullptr);
  poller_ = nullptr;
  return std::move(socket_);
}

asio::awaitable<void, Poller::Executor> PolledSocket::readable() {
  Poller::Token token;
  return asio::async_initiate<Poller::Token, void()>(Wait{this, false}, token);
}

asio::awaitable<void, Poller::Executor> PolledSocket::writable() {
  Poller::Token token;
  return asio::async_initiate<Poller::Token, void()>(Wait{this, true}, token);
}

void PolledSocket::cancel() {
  if (waiting_) poller_->resume_soon(*std::exchange(waiting_, std::nullopt));
}

}  // namespace maildrop::service
