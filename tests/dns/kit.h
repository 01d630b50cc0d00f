/// kit.h: a DNS server on loopback that says what a test wants it to say.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/descriptor.h"
#include "core/net.h"
#include "core/text.h"
#include "dns/answer.h"

namespace maildrop::dns::test {

using Bytes = std::string;

inline Bytes number(unsigned value, int size = 2) {
  Bytes out;
  while (size-- > 0) out += static_cast<char>(value >> (8 * size));
  return out;
}

/// On the wire, uncompressed; "" is the root.
inline Bytes wire(std::string_view name) {
  Bytes out;
  if (!name.empty())
    for (const std::string_view label : split(name, '.')) out += static_cast<char>(label.size()) + std::string(label);
  return out + '\0';
}

inline const Bytes kAsked = "\xc0\x0c";  // the name of the question, compressed

inline Bytes record(unsigned type, const Bytes& data, unsigned ttl = 300, const Bytes& owner = kAsked) {
  return owner + number(type) + number(1) + number(ttl, 4) + number(static_cast<unsigned>(data.size())) + data;
}
inline Bytes a(std::string_view address, unsigned ttl = 300, const Bytes& owner = kAsked) {
  in_addr bytes{};
  inet_pton(AF_INET, std::string(address).c_str(), &bytes);
  return record(1, Bytes(reinterpret_cast<const char*>(&bytes), sizeof bytes), ttl, owner);
}
inline Bytes mx(unsigned preference, std::string_view host) { return record(15, number(preference) + wire(host)); }
inline Bytes cname(std::string_view to, const Bytes& owner = kAsked) { return record(5, wire(to), 300, owner); }
inline Bytes soa(unsigned minimum, unsigned ttl = 3600) {
  return record(6, wire("ns.example") + wire("root.example") + number(1, 4) + Bytes(12, '\0') + number(minimum, 4), ttl,
                wire("example"));
}
inline Bytes txt(const std::vector<Bytes>& strings, unsigned ttl = 300) {
  Bytes data;
  for (const Bytes& each : strings) data += static_cast<char>(each.size()) + each;
  return record(16, data, ttl);
}

struct Asked {
  Bytes id;
  Bytes question;  // as it came
  std::string name;
  unsigned type = 0;
  bool tcp = false;
};

inline Bytes message(const Bytes& id, unsigned flags, const Bytes& question, const std::vector<Bytes>& answers,
                     const std::vector<Bytes>& authorities = {}) {
  Bytes out = id + number(flags) + number(1) + number(static_cast<unsigned>(answers.size())) +
              number(static_cast<unsigned>(authorities.size())) + number(0) + question;
  for (const Bytes& each : answers) out += each;
  for (const Bytes& each : authorities) out += each;
  return out;
}

constexpr unsigned kReply = 0x8180;  // recursion desired and available
constexpr unsigned kTruncated = 0x0200;
constexpr unsigned kServfail = 2, kNxdomain = 3, kRefused = 5;

inline Bytes reply(const Asked& asked, const std::vector<Bytes>& answers, unsigned code = 0,
                   const std::vector<Bytes>& authorities = {}) {
  return message(asked.id, kReply | code, asked.question, answers, authorities);
}

/// Answers by UDP and TCP, on one port of 127.0.0.1, until it ends.
class Server {
 public:
  /// Called on the server's thread. Nothing: it says nothing.
  using Handler = std::function<std::optional<Bytes>(const Asked&)>;

  explicit Server(Handler handler) : handler_(std::move(handler)) {
    bind_both();
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    ending_ = true;
    thread_.join();
  }
  Server(const Server&) = delete;

  Endpoint endpoint() const {
    Endpoint made;
    made.address = IpAddress::from_v4(INADDR_LOOPBACK);
    made.port = port_;
    return made;
  }
  /// From now on.
  void answer(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }
  /// How often it was asked for that name, by any type.
  int asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return count_[name];
  }

 private:
  void bind_both() {
    for (int tries = 0; tries < 50; ++tries) {
      udp_ = FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      tcp_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof at;
      auto* address = reinterpret_cast<sockaddr*>(&at);
      if (::bind(udp_.get(), address, size) != 0 || ::getsockname(udp_.get(), address, &size) != 0) continue;
      if (::bind(tcp_.get(), address, size) != 0 || ::listen(tcp_.get(), 16) != 0) continue;
      port_ = ntohs(at.sin_port);
      return;
    }
    throw std::runtime_error("no port for a DNS server");
  }

  static std::optional<Asked> parse(const Bytes& query, bool tcp) {
    if (query.size() < 17) return std::nullopt;
    Asked asked;
    asked.tcp = tcp;
    asked.id = query.substr(0, 2);
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(static_cast<unsigned char>(query[at]));
      asked.name += (asked.name.empty() ? "" : ".") + to_lower(query.substr(at + 1, length));
      at += length + 1;
    }
    if (at + 5 > query.size()) return std::nullopt;
    asked.type = static_cast<unsigned char>(query[at + 1]) * 256U + static_cast<unsigned char>(query[at + 2]);
    asked.question = query.substr(12, at + 5 - 12);
    return asked;
  }

  std::optional<Bytes> handle(const Bytes& query, bool tcp) {
    const std::optional<Asked> asked = parse(query, tcp);
    if (!asked) return std::nullopt;
    const std::lock_guard lock(mutex_);
    ++count_[asked->name];
    return handler_(*asked);
  }

  void serve_udp() {
    Bytes query(65535, '\0');
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got = ::recvfrom(udp_.get(), query.data(), query.size(), 0, address, &size);
    if (got <= 0) return;
    const std::optional<Bytes> answer = handle(query.substr(0, static_cast<std::size_t>(got)), false);
    if (answer) ::sendto(udp_.get(), answer->data(), answer->size(), 0, address, size);
  }

  void serve_tcp() {
    const FileDescriptor peer(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    unsigned char head[2];
    if (::recv(peer.get(), head, 2, MSG_WAITALL) != 2) return;
    Bytes query(head[0] * 256U + head[1], '\0');
    if (::recv(peer.get(), query.data(), query.size(), MSG_WAITALL) != static_cast<ssize_t>(query.size())) return;
    const std::optional<Bytes> answer = handle(query, true);
    if (!answer) return;
    const Bytes out = number(static_cast<unsigned>(answer->size())) + *answer;
    ::send(peer.get(), out.data(), out.size(), MSG_NOSIGNAL);
  }

  void run() {
    while (!ending_) {
      pollfd waits[] = {{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
      if (::poll(waits, 2, 20) <= 0) continue;
      if (waits[0].revents) serve_udp();
      if (waits[1].revents) serve_tcp();
    }
  }

  std::mutex mutex_;
  Handler handler_;
  std::map<std::string, int> count_;
  FileDescriptor udp_, tcp_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace maildrop::dns::test
