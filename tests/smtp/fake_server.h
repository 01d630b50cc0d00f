/// fake_server.h: an SMTP server on loopback that says what a test wants, and keeps what it was told.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/descriptor.h"
#include "core/net.h"

namespace maildrop::smtp::test {

/// A thread for each connection. Answers each line with `answer`, or when that is empty as a server that takes all
/// mail; "hang up" does that, "silence" says nothing more on that
/// connection.
class FakeServer {
 public:
  /// The number of the connection from 0, and what came: a line, or `<greeting>`,
  /// `<message>` for the final dot.
  using Answer = std::function<std::string(unsigned connection, const std::string& line)>;

  explicit FakeServer(Answer answer = {}) : answer_(std::move(answer)) {
    listener_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 100) != 0)
      std::abort();
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~FakeServer() {
    ended_ = true;
    acceptor_.join();
    for (std::thread& each : threads_) each.join();
  }
  FakeServer(const FakeServer&) = delete;

  std::vector<Endpoint> to() const {
    Endpoint endpoint;
    endpoint.address = IpAddress::from_v4(INADDR_LOOPBACK);
    endpoint.port = port_;
    return {endpoint};
  }
  /// Each line with the number of its connection: `0 EHLO me`.
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::size_t count(const std::string& text) const {
    std::size_t found = 0;
    for (const std::string& each : lines()) found += each.find(text) != std::string::npos;
    return found;
  }
  std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }

 private:
  struct Peer {
    FileDescriptor fd;
    unsigned number = 0;
    std::string buffer = {};
    std::string message = {};
    bool silent = false;
  };

  bool readable(int fd) const {
    while (!ended_) {
      pollfd one{fd, POLLIN, 0};
      if (::poll(&one, 1, 20) > 0) return true;
    }
    return false;
  }

  void accept() {
    for (unsigned number = 0; readable(listener_.get()); ++number) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      threads_.emplace_back([this, fd, number] {
        Peer peer{FileDescriptor(fd), number};
        serve(peer);
      });
    }
  }

  bool read_line(Peer& peer, std::string& line) {
    std::size_t end;
    while ((end = peer.buffer.find("\r\n")) == std::string::npos) {
      char bytes[4096];
      if (!readable(peer.fd.get())) return false;
      const ssize_t n = ::recv(peer.fd.get(), bytes, sizeof bytes, 0);
      if (n <= 0) return false;
      peer.buffer.append(bytes, static_cast<std::size_t>(n));
    }
    line = peer.buffer.substr(0, end);
    peer.buffer.erase(0, end + 2);
    return true;
  }

  static std::string usual(const std::string& line) {
    if (line == "<greeting>") return "220 fake";
    if (line.rfind("EHLO", 0) == 0) return "250-fake\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 XCLIENT ADDR HELO";
    if (line == "DATA") return "354 go";
    if (line == "QUIT") return "221 bye";
    return line.rfind("XCLIENT", 0) == 0 ? "220 fake" : "250 ok";
  }

  /// false: the connection ends.
  bool say(Peer& peer, const std::string& line, std::string& reply) {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::to_string(peer.number) + " " + line);
      reply = answer_ ? answer_(peer.number, line) : "";
      if (reply.empty()) reply = usual(line);
      if (line == "<message>" && reply.rfind("250", 0) == 0) messages_.push_back(peer.message);
    }
    if (reply == "hang up") return false;
    if (reply == "silence") peer.silent = true;
    if (peer.silent) return true;
    const std::string bytes = reply + "\r\n";
    ::send(peer.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return reply.rfind("421", 0) != 0 && reply.rfind("221", 0) != 0;
  }

  void serve(Peer& peer) {
    std::string line, reply;
    if (!say(peer, "<greeting>", reply)) return;
    while (read_line(peer, line)) {
      if (line.rfind("PROXY ", 0) == 0) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::to_string(peer.number) + " " + line);
        continue;
      }
      if (!say(peer, line, reply)) return;
      if (reply.rfind("354", 0) != 0) continue;
      peer.message.clear();
      while (read_line(peer, line) && line != ".") peer.message += (line[0] == '.' ? line.substr(1) : line) + "\r\n";
      if (line != "." || !say(peer, "<message>", reply)) return;
    }
  }

  const Answer answer_;
  FileDescriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_{false};
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // the acceptor's until it has ended
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<std::string> messages_;
};

}  // namespace maildrop::smtp::test
