/// server.cc: accepting, admitting, sweeping, draining.
#include "smtp/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <list>
#include <utility>

#include "core/log.h"
#include "service/admission.h"
#include "smtp/connection.h"

namespace maildrop::smtp {

namespace asio = boost::asio;
using asio::awaitable;
using service::TlsContextPtr;

namespace {

using Executor = Connection::Executor;
using Token = asio::use_awaitable_t<Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr asio::as_tuple_t<Token> kWait{Token{}};

constexpr std::chrono::seconds kSweep{1};               // how exact deadlines are
constexpr std::chrono::milliseconds kAcceptPause{200};  // out of descriptors or memory: the sockets wait in the queue
constexpr int kAcceptsAtOnce = 64;                      // then the sessions get their turn

struct Accepted {
  FileDescriptor socket;
  mail::Peer peer;
};

/// The next connection in the queue, or no socket and errno.
Accepted accept_one(int listener) {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_storage space;
  } from{};
  socklen_t size = sizeof from;
  Accepted accepted;
  accepted.socket = FileDescriptor(accept4(listener, &from.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.socket) return accepted;
  if (from.any.sa_family == AF_INET) {
    accepted.peer.address = IpAddress::from_v4(ntohl(from.v4.sin_addr.s_addr));
    accepted.peer.port = ntohs(from.v4.sin_port);
  } else if (from.any.sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &from.v6.sin6_addr, bytes.size());
    accepted.peer.address = IpAddress::from_v6(bytes);
    accepted.peer.port = ntohs(from.v6.sin6_port);
  } else {
    // A unix socket: file permissions say who may connect.
    accepted.peer.local = true;
    accepted.peer.exempt = true;
    accepted.peer.address = IpAddress::from_v4(INADDR_LOOPBACK);
  }
  return accepted;
}

/// What a connection is counted as.
IpAddress source_of(const mail::Peer& peer) { return peer.local ? IpAddress() : peer.address; }

/// Says why; the caller closes. That sends a reset if there are unread bytes, and it overtakes the reply: a client that
/// did not wait for the greeting has sent some, and they are read. Who expects TLS would not understand: he is closed.
void turn_away(const FileDescriptor& socket, const Reply& reply, bool in_clear) {
  std::array<char, 4096> unread;
  [[maybe_unused]] const ssize_t got = ::recv(socket.get(), unread.data(), unread.size(), MSG_DONTWAIT);
  if (!in_clear) return;
  std::string text;
  append(text, reply, make_session_id());
  [[maybe_unused]] const ssize_t n = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Metrics::Metrics(metrics::Registry& r)
    : registry(r),
      sessions(r.counter("maildrop_smtp_sessions_total", "SMTP sessions begun")),
      stored(r.counter("maildrop_smtp_messages_total", "messages by what became of them", "result=\"stored\"")),
      deferred(r.counter("maildrop_smtp_messages_total", "messages by what became of them", "result=\"deferred\"")),
      refused_messages(
          r.counter("maildrop_smtp_messages_total", "messages by what became of them", "result=\"refused\"")),
      refused_recipients(r.counter("maildrop_smtp_refused_recipients_total", "RCPT commands refused for good")),
      bytes(r.counter("maildrop_smtp_message_bytes_total", "bytes of stored messages")),
      connections(r.gauge("maildrop_smtp_connections", "SMTP connections open now")),
      tls(r.counter("maildrop_smtp_tls_handshakes_total", "TLS handshakes by how they ended", "result=\"done\"")),
      tls_failed(
          r.counter("maildrop_smtp_tls_handshakes_total", "TLS handshakes by how they ended", "result=\"failed\"")),
      delivery(r.histogram("maildrop_smtp_delivery_seconds", "end of data to the store's answer")) {}

void Metrics::refused(std::string_view reason) {
  // The reasons are the words of reply.h: a fixed set.
  registry
      .counter("maildrop_smtp_refused_total", "refused commands, messages and connections by reason",
               "reason=\"" + std::string(reason) + "\"")
      .add();
}

void Metrics::refused(const Refusal& refusal) {
  refused(refusal.reason);
  if (refusal.of == Refusal::Of::message) refused_messages.add();
  if (refusal.of == Refusal::Of::recipient) refused_recipients.add();
}

struct Server::State {
  struct Gate {
    service::Listener listener;
    bool tls_first;
  };

  /// One loop's share: its listeners, its connections, its sweep.
  struct Share {
    Share(State& s, service::Loop& loop)
        : server(s),
          shared{loop.context(),    service::Poller(loop.context()),
                 s.parts.committer, s.parts.memory,
                 s.parts.clock,     s.metrics,
                 s.ledger,          s.parts.judge,
                 s.policy,          [&s](const mail::Peer& peer) { s.left(peer); }},
          sweeper(loop.context().get_executor()) {}

    void add(std::vector<service::Listener> listeners, bool tls_first) {
      for (service::Listener& each : listeners) gates.push_back({std::move(each), tls_first});
    }

    State& server;
    LoopState shared;
    std::vector<Gate> gates;
    std::list<Descriptor> acceptors;
    Timer sweeper;
  };

  State(ServerParts p, const Config& config, ServerListeners listeners, TlsContextPtr tls, std::size_t max)
      : parts(p),
        metrics(p.metrics),
        max_connections(max),
        admission(limits_of(config)),
        ledger(p.clock, config.limits.ledger) {
    policy = make_policy(config, std::move(tls));
    for (std::size_t i = 0; i < parts.loops.size(); ++i) {
      Share& share = *shares.emplace_back(std::make_unique<Share>(*this, parts.loops.at(i)));
      if (i < listeners.plain.size()) share.add(std::move(listeners.plain[i]), false);
      if (i < listeners.tls_first.size()) share.add(std::move(listeners.tls_first[i]), true);
    }
  }

  service::AdmissionLimits limits_of(const Config& config) const {
    const LimitSettings& limits = config.limits;
    return {std::min<std::size_t>(limits.connections, max_connections), limits.connections_per_ipv4,
            limits.connections_per_ipv6_64, limits.exempt};
  }

  std::shared_ptr<const Policy> make_policy(const Config& config, TlsContextPtr tls) const {
    return std::make_shared<const Policy>(config, parts.judge ? parts.judge->phases() : std::uint8_t{0},
                                          std::move(tls));
  }

  awaitable<void, Executor> accept_loop(Share* share, Descriptor* acceptor, Gate* gate);
  bool accept_some(Share& share, const Gate& gate);
  void admit(Share& share, Accepted accepted, const Gate& gate);
  awaitable<void, Executor> sweep_loop(Share* share);
  void left(const mail::Peer& peer);
  void drain_share(Share& share);
  void check_drained();
  void farewell();

  ServerParts parts;
  Metrics metrics;
  std::size_t max_connections;
  service::Admission admission;
  store::Ledger ledger;
  std::shared_ptr<const Policy> policy;
  std::vector<std::unique_ptr<Share>> shares;
  std::atomic<std::size_t> accepting{0};  // loops that still accept
  std::atomic<bool> draining{false};
  std::atomic<bool> drained{false};
  std::function<void()> done;
};

awaitable<void, Executor> Server::State::accept_loop(Share* share, Descriptor* acceptor, Gate* gate) {
  Timer pause(share->shared.context.get_executor());
  while (!share->shared.draining) {
    auto [error] = co_await acceptor->async_wait(Descriptor::wait_read, kWait);
    if (error || share->shared.draining) break;
    if (accept_some(*share, *gate)) continue;
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kWait);
  }
  // What the kernel has accepted for us already would be reset by a close. An inherited queue is the next process's.
  if (!gate->listener.inherited()) {
    for (int i = 0; i < kAcceptsAtOnce * 16; ++i) {
      const Accepted waiting = accept_one(acceptor->native_handle());
      if (!waiting.socket) break;
      turn_away(waiting.socket, reply::shutting_down, !gate->tls_first);
    }
  }
  acceptor->release();  // the Listener owns the descriptor
  // Closed now and not with the server: whoever came during the drain would wait for an answer until its end.
  const service::Listener closing = std::move(gate->listener);
}

/// false: the process is out of something, and accepting pauses.
bool Server::State::accept_some(Share& share, const Gate& gate) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    Accepted accepted = accept_one(gate.listener.fd());
    if (accepted.socket) {
      try {
        admit(share, std::move(accepted), gate);
      } catch (
          const std::exception& error) {  // out of memory or of epoll watches: this client's loss, not the listener's
        log::error("session not begun", {{"error", error.what()}});
        return false;
      }
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::warning("accept paused", {{"error", std::strerror(errno)}, {"connections", admission.count()}});
      return false;
    }
    // ECONNABORTED and the network errors of accept(2): that one connection is gone.
  }
  return true;
}

void Server::State::admit(Share& share, Accepted accepted, const Gate& gate) {
  switch (admission.enter(source_of(accepted.peer))) {
    case service::Admission::Answer::admitted: break;
    case service::Admission::Answer::source_full:
      metrics.refused(reply::too_many_connections.reason);
      return turn_away(accepted.socket, reply::too_many_connections, !gate.tls_first);
    case service::Admission::Answer::full:
      metrics.refused(reply::server_full.reason);
      return turn_away(accepted.socket, reply::server_full, !gate.tls_first);
  }
  metrics.sessions.add();
  metrics.connections.add(1);
  if (!accepted.peer.exempt)
    accepted.peer.exempt = contains(share.shared.policy->config.limits.exempt, accepted.peer.address);
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(share.shared, std::move(accepted.socket), accepted.peer, gate.tls_first);
  } catch (...) {
    left(accepted.peer);
    throw;
  }
  Connection* raw = connection.get();
  asio::co_spawn(share.shared.context, raw->run(connection), [connection](std::exception_ptr thrown) {
    // One session's fault costs one session.
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      log::error("session failed", {{"error", error.what()}});
    }
    connection->abandon();
  });
}

awaitable<void, Executor> Server::State::sweep_loop(Share* share) {
  while (!drained) {  // a cancel that comes between expiry and the next wait finds nothing to cancel
    share->sweeper.expires_after(kSweep);
    auto [error] = co_await share->sweeper.async_wait(kWait);
    if (error) break;
    share->shared.now = parts.clock.monotonic();
    for (Connection* connection : share->shared.connections) connection->sweep();
  }
}

void Server::State::left(const mail::Peer& peer) {
  metrics.connections.add(-1);
  admission.leave(source_of(peer));
  check_drained();
}

void Server::State::drain_share(Share& share) {
  share.shared.draining = true;
  for (Descriptor& acceptor : share.acceptors) acceptor.cancel();
  for (Connection* connection : share.shared.connections) connection->drain();
}

void Server::State::farewell() {
  for (auto& share : shares)
    asio::post(share->shared.context, [s = share.get()] {
      for (Connection* connection : s->shared.connections) connection->shut_down();
    });
}

void Server::State::check_drained() {
  if (!draining || accepting != 0 || admission.count() != 0 || drained.exchange(true)) return;
  for (auto& share : shares) asio::post(share->shared.context, [&timer = share->sweeper] { timer.cancel(); });
  done();
}

Server::Server(ServerParts parts, const Config& config, ServerListeners listeners, TlsContextPtr tls, std::size_t max)
    : state_(std::make_unique<State>(parts, config, std::move(listeners), std::move(tls), max)) {}

Server::~Server() = default;

void Server::start() {
  State& state = *state_;
  for (auto& share : state.shares) {
    asio::co_spawn(share->shared.context, state.sweep_loop(share.get()), [](std::exception_ptr thrown) {
      if (thrown) log::error("sweep loop failed");
    });
    for (State::Gate& gate : share->gates) {
      Descriptor& acceptor = share->acceptors.emplace_back(share->shared.context.get_executor(), gate.listener.fd());
      ++state.accepting;
      asio::co_spawn(share->shared.context, state.accept_loop(share.get(), &acceptor, &gate),
                     [&state](std::exception_ptr thrown) {
                       if (thrown) log::error("accept loop failed");
                       --state.accepting;
                       state.check_drained();
                     });
    }
  }
}

void Server::apply(const Config& config, TlsContextPtr tls) {
  std::shared_ptr<const Policy> policy = state_->make_policy(config, std::move(tls));
  state_->ledger.set_limit(config.limits.ledger);
  state_->parts.memory.set_limit(config.limits.memory);
  state_->admission.apply(state_->limits_of(config));
  for (auto& share : state_->shares)
    asio::post(share->shared.context, [s = share.get(), policy] { s->shared.policy = policy; });
}

void Server::drain(std::function<void()> done) {
  State& state = *state_;
  state.done = std::move(done);
  state.draining = true;
  for (auto& share : state.shares)
    asio::post(share->shared.context, [&state, s = share.get()] {
      state.drain_share(*s);
      state.check_drained();
    });
}

void Server::farewell() { state_->farewell(); }

std::size_t Server::connections() const { return state_->admission.count(); }

}  // namespace maildrop::smtp
