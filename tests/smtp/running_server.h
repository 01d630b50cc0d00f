/// running_server.h: a server on loopback for as long as a test wants it, and a client's socket to talk with.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "smtp/server.h"
#include "store/backends.h"

namespace maildrop::smtp::test {

inline constexpr int kPatience = 10000;  // ms that a reply may take before the test fails

inline std::unique_ptr<store::Store> memory_store(const Config& config, const Clock& clock) {
  store::OpenOptions options;
  options.url = "memory:";
  options.role = store::Role::writer;
  options.settings = config.store;
  options.inbox = config.inbox;
  options.clock = &clock;
  auto store = store::open_store(options);
  REQUIRE(store);
  return std::move(*store);
}

/// A client's socket: sends a text in pieces while it reads, until it heard what it waits for.
class Client {
 public:
  explicit Client(const std::string& name) {
    const auto endpoint = Endpoint::parse(name);
    REQUIRE(endpoint);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(endpoint->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;

  /// Sends `input` in pieces of 1 to `most` bytes (all at once: 0), reads until `lines` lines came and then says that
  /// nothing more follows, and reads to the end. With `to_end`, says nothing and waits for the server to close.
  void talk(std::string_view input, std::size_t most, std::size_t lines, bool to_end) {
    std::mt19937 random(5);
    std::uniform_int_distribution<std::size_t> piece(1, most ? most : 1);
    bool finished = false;
    while (!ended_) {
      if (input.empty() && !to_end && !finished && lines_ >= lines) {
        finished = true;
        ::shutdown(fd_, SHUT_WR);
      }
      pollfd wait{fd_, static_cast<short>(POLLIN | (input.empty() ? 0 : POLLOUT)), 0};
      if (::poll(&wait, 1, kPatience) <= 0) {
        timed_out_ = true;
        return;
      }
      if (wait.revents & (POLLIN | POLLHUP | POLLERR)) read_some();
      if ((wait.revents & POLLOUT) && !ended_) send_some(input, most ? piece(random) : input.size());
    }
  }

  /// Sends a text that fits into the socket's buffer.
  void say(std::string_view text) { send_some(text, text.size()); }

  /// The next `lines` lines; fewer, when the server closed or had kPatience.
  std::string hear(std::size_t lines = 1) {
    while (lines_ < lines && wait()) read_some();
    std::size_t end = 0;
    for (; lines > 0 && lines_ > 0; --lines, --lines_) end = heard_.find('\n', end) + 1;
    std::string said = heard_.substr(0, end);
    heard_.erase(0, end);
    return said;
  }

  /// Reads on until the server closes; false: it does not.
  bool hears_close() {
    while (!ended_ && wait()) read_some();
    return ended_;
  }

  const std::string& heard() const { return heard_; }
  bool timed_out() const { return timed_out_; }

 private:
  bool wait() {
    pollfd wait{fd_, POLLIN, 0};
    timed_out_ = !ended_ && ::poll(&wait, 1, kPatience) <= 0;
    return !ended_ && !timed_out_;
  }

  void read_some() {
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      ended_ = true;
      return;
    }
    heard_.append(buffer, static_cast<std::size_t>(n));
    lines_ += static_cast<std::size_t>(std::count(buffer, buffer + n, '\n'));
  }

  void send_some(std::string_view& input, std::size_t size) {
    const std::string_view piece = input.substr(0, size);
    const ssize_t n = ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
    if (n < 0 && errno != EAGAIN && errno != EINTR) input = {};  // it hung up; what it said is still to be read
  }

  int fd_ = -1;
  std::string heard_;
  std::size_t lines_ = 0;
  bool ended_ = false;
  bool timed_out_ = false;
};

/// A server on a port that the system picks, for as long as it lives.
class RunningServer {
 public:
  RunningServer(const Config& config, store::Store& store, const Clock& clock, filter::Judge* judge, unsigned loops = 1,
                Millis verdict_time = filter::kVerdictTime)
      : memory_(config.limits.memory), loops_(loops), committer_(store, config.store, registry_) {
    const auto endpoint = Endpoint::parse("127.0.0.1:0");
    auto listeners = service::open_listeners({*endpoint}, loops);
    auto lmtp_listeners = service::open_listeners({*endpoint}, loops);
    REQUIRE(listeners);
    REQUIRE(lmtp_listeners);
    name_ = listeners->front().front().name();
    lmtp_name_ = lmtp_listeners->front().front().name();
    const ServerParts parts{loops_, committer_, memory_, clock, registry_, judge, nullptr, nullptr, verdict_time};
    ServerListeners all;
    all.plain = std::move(*listeners);
    all.lmtp = std::move(*lmtp_listeners);
    auto tls = service::TlsContext::make(config.tls, "mx.example.org");
    REQUIRE(tls);
    server_ = std::make_unique<Server>(parts, config, std::move(all), *tls);
    server_->start();
    loops_.start();
  }

  /// Waits for the sessions to end.
  ~RunningServer() {
    if (!draining_) drain();
    drained_.get_future().wait();
    loops_.finish();
    loops_.join();
  }

  void drain() {
    draining_ = true;
    server_->drain([this] { drained_.set_value(); });
  }
  void farewell() { server_->farewell(); }
  /// For the sessions to come, as soon as the loops have heard of it.
  void apply(const Config& config) { server_->apply(config, *service::TlsContext::make(config.tls, "mx.example.org")); }

  std::uint64_t counted(std::string_view metric, std::string_view labels = {}) const {
    return registry_.total(metric, labels);
  }

  const std::string& name(bool lmtp = false) const { return lmtp ? lmtp_name_ : name_; }

 private:
  metrics::Registry registry_;
  Budget memory_;
  service::Loops loops_;
  store::Committer committer_;
  std::string name_;
  std::string lmtp_name_;
  std::unique_ptr<Server> server_;
  std::promise<void> drained_;
  bool draining_ = false;
};

}  // namespace maildrop::smtp::test
