/// wire.h: a real server on loopback, and clients that send what they like.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_server.h"
#include "api/kit.h"

namespace maildrop::api::test {

/// A socket of a client; every wait ends after ten seconds.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) hang_up();
  }
  ~Client() { hang_up(); }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  bool connected() const { return fd_ >= 0; }
  void hang_up() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void end_sending() { shutdown(fd_, SHUT_WR); }
  void small_window() {
    const int size = 4096;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Reads until the server hangs up, or until `done` of what came is true.
  template <class Done>
  std::string receive(Done done) {
    std::string got;
    pollfd wait{fd_, POLLIN, 0};
    char buffer[65536];
    while (!done(got) && poll(&wait, 1, 10'000) > 0) {
      const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) {
        closed_ = true;
        break;
      }
      got.append(buffer, static_cast<std::size_t>(size));
    }
    return got;
  }
  std::string receive_all() {
    return receive([](const std::string&) { return false; });
  }
  /// One answer with its body, by its Content-Length.
  std::string receive_answer() {
    return receive([](const std::string& got) {
      const std::size_t end = got.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      const std::size_t at = got.find("Content-Length: ");
      const std::size_t length = at < end ? std::stoul(got.substr(at + 16)) : 0;
      return got.size() >= end + 4 + length;
    });
  }
  bool closed() const { return closed_; }
  /// Not closed in peace: on other systems what came before and was not read yet is lost with it.
  bool reset() const {
    pollfd wait{fd_, 0, 0};
    return poll(&wait, 1, 100) > 0;  // for an error alone, which comes right behind the end
  }

 private:
  int fd_;
  bool closed_ = false;
};

/// `200 204 ...`: the statuses in what a server sent, in order.
inline std::string statuses(std::string_view answers) {
  static constexpr std::string_view kStart = "HTTP/1.1 ";
  std::string out;
  for (std::size_t at = answers.find(kStart); at != std::string_view::npos; at = answers.find(kStart, at + 1)) {
    const std::string_view status = answers.substr(at + kStart.size(), 3);
    if (status.find_first_not_of("0123456789") != std::string_view::npos) continue;  // words of a body
    out.append(out.empty() ? "" : " ").append(status);
  }
  return out;
}

/// Whether each answer forbids caches and guessing, as every one must.
inline bool all_guarded(std::string_view answers) {
  std::size_t wanted = 0;
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 ", at)) != std::string_view::npos; ++at)
    if (answers.substr(at + 9, 3) >= "200" && answers.substr(at + 9, 3) <= "599") ++wanted;
  for (const std::string_view field : {"\r\nCache-Control: no-store\r\n", "\r\nX-Content-Type-Options: nosniff\r\n"}) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = answers.find(field, at)) != std::string_view::npos; ++at) ++found;
    if (found != wanted) return false;
  }
  return true;
}
/// A refusal by v2, which a page of another origin can read.
inline bool is_v2_refusal(std::string_view answer) {
  return all_guarded(answer) && answer.find("\r\nAccess-Control-Allow-Origin: *\r\n") != std::string_view::npos &&
         answer.find("\r\n\r\n{\"error\":\"") != std::string_view::npos;
}

/// A server with its loops and workers. Change `world` before start().
class Site {
 public:
  explicit Site(unsigned loops = 1) : loops_(loops) {
    world.config.api.workers = 2;
    world.config.api.waiting = 64;
  }
  ~Site() {
    world.store.hold(false);
    loops_.stop();
    loops_.join();
  }

  void start() {
    open();
    loops_.start();
  }
  /// Clients may connect, and wait until start_loops().
  void open() {
    offload_ = std::make_unique<service::Offload>(world.config.api.workers, world.config.api.waiting);
    auto listeners = service::open_listeners({Endpoint::parse("127.0.0.1:0").value()}, loops_.size());
    const std::string name = listeners.value().front().front().name();
    port = static_cast<std::uint16_t>(std::stoi(name.substr(name.rfind(':') + 1)));
    server = std::make_unique<HttpServer>(loops_, std::move(*listeners), *offload_, world.context, ledger);
    server->start();
  }
  void start_loops() { loops_.start(); }

  Client connect() const { return Client(port); }
  /// Everything that the server says to these bytes, until it hangs up.
  std::string say(std::string_view bytes) const {
    Client client(port);
    client.send(bytes);
    return client.receive_all();
  }
  std::string get(const std::string& path) const {
    return say("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  /// Waits until that many connections are open; false after ten seconds.
  bool has_connections(std::size_t count) const {
    for (int i = 0; i < 10'000; ++i) {
      if (server->connections() == count) return true;
      std::this_thread::sleep_for(Millis(1));
    }
    return false;
  }

  World world;
  store::Bookkeeper* ledger = nullptr;
  std::uint16_t port = 0;

 private:
  service::Loops loops_;
  std::unique_ptr<service::Offload> offload_;

 public:
  std::unique_ptr<HttpServer> server;  // goes first
};

}  // namespace maildrop::api::test
