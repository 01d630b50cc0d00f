/// server_accept.cc: accepting, counting, and asking a balancer whose connection it is.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/log.h"
#include "core/socket_address.h"
#include "smtp/server_state.h"

namespace maildrop::smtp {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{200};  // out of descriptors or memory: the sockets wait in the queue
constexpr int kAcceptsAtOnce = 64;                      // then the sessions get their turn

/// The next connection in the queue, or no socket and errno.
Accepted accept_one(int listener) {
  SocketAddress from;
  Accepted accepted;
  accepted.socket = FileDescriptor(accept4(listener, from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.socket) return accepted;
  if (const std::optional<IpAddress> address = ip_address(from.get())) {
    accepted.peer.address = *address;
    accepted.peer.port = ip_port(from.get());
  } else {
    // A unix socket: file permissions say who may connect.
    accepted.peer.local = true;
    accepted.peer.exempt = true;
    accepted.peer.address = IpAddress::from_v4(INADDR_LOOPBACK);
  }
  return accepted;
}

/// Says why, and of which session; the caller closes. That sends a reset if there are unread bytes, and it overtakes
/// the reply: a client that did not wait for the greeting has sent some, and they are read. Who expects TLS would not
/// understand: he is closed.
void turn_away(const FileDescriptor& socket, const Reply& reply, const std::string& session, bool in_clear) {
  std::array<char, 4096> unread;
  [[maybe_unused]] const ssize_t got = ::recv(socket.get(), unread.data(), unread.size(), MSG_DONTWAIT);
  if (!in_clear) return;
  std::string text;
  append(text, reply, session);
  [[maybe_unused]] const ssize_t n = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

asio::awaitable<void, Connection::Executor> Server::State::accept_loop(Share* share, Descriptor* acceptor, Gate* gate) {
  Timer pause(share->shared.context.get_executor());
  while (!share->shared.draining) {
    try {
      auto [error] = co_await acceptor->async_wait(Descriptor::wait_read, kWait);
      if (error || share->shared.draining) break;
      if (accept_some(*share, *gate)) continue;
    } catch (const std::exception& error) {  // out of memory: a listener that nobody serves would be worse
      log::error("accept failed", {{"error", error.what()}});
    }
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kWait);
  }
  // What the kernel has accepted for us already would be reset by a close. The queue of a shared one is the next
  // process's.
  if (!gate->listener.shared()) {
    for (int i = 0; i < kAcceptsAtOnce * 16; ++i) {
      const Accepted waiting = accept_one(acceptor->native_handle());
      if (!waiting.socket) break;
      turn_away(waiting.socket, reply::shutting_down, make_session_id(), !gate->tls_first);
    }
  }
  acceptor->release();  // the Listener owns the descriptor
  // Closed now and not with the server: whoever came during the drain would wait for an answer until its end.
  const service::Listener closing = std::move(gate->listener);
}

/// false: the process is out of something, and accepting pauses.
bool Server::State::accept_some(Share& share, const Gate& gate) {
  gate.listener.turn();
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
      log::warning("accept paused", {{"error", std::strerror(errno)}, {"connections", common.admission.count()}});
      return false;
    }
    // ECONNABORTED and the network errors of accept(2): that one connection is gone.
  }
  return true;
}

void Server::State::admit(Share& share, Accepted accepted, const Gate& gate) {
  // A balancer is no source; what it passes on is counted as what it is when the header has come.
  const ProxySettings& proxy = share.shared.policy->config.proxy;
  const bool balancer = accepted.peer.local ? proxy.unix_sockets : contains(proxy.networks, accepted.peer.address);
  if (!balancer && !accepted.peer.local) accepted.peer.syn = service::take_syn(accepted.socket.get());
  if (!enter(accepted, balancer ? IpAddress() : counted_as(accepted.peer, gate, share.shared.policy->config), gate))
    return;
  if (!balancer) return begin(share, std::move(accepted), gate);
  auto introduction = [&] {
    try {
      return std::make_shared<Introduction>(share.shared, std::move(accepted.socket));
    } catch (...) {
      leave(IpAddress());
      throw;
    }
  }();
  asio::co_spawn(share.shared.context, introduce(&share, introduction, std::move(accepted), &gate),
                 [](std::exception_ptr thrown) {
                   if (thrown) log::error("session not begun", {{"error", "out of memory"}});
                 });
}

/// Counts it; false: there is no room, and it has been told so.
bool Server::State::enter(const Accepted& accepted, const IpAddress& source, const Gate& gate) {
  const Reply* refused = no_entry(source);
  if (!refused) {
    metrics.connections.add(1);
    make_way(source);
    return true;
  }
  metrics.refused(refused->reason);
  const std::string session = make_session_id();
  log::info("connection", {log::Field::varying("session", session),
                           log::Field::telling_kind(source_name(accepted.peer)),
                           log::Field::varying("peer", accepted.peer.to_string()),
                           {"result", "deferred"},
                           {"code", refused->code},
                           {"reason", refused->reason}});
  turn_away(accepted.socket, *refused, session, !gate.tls_first);
  return false;
}

/// nullptr: it is seated.
const Reply* Server::State::no_entry(const IpAddress& source) {
  if (const Reply* over = over_rate(*common.flood, source)) return over;
  switch (common.admission.enter(source)) {
    case service::Admission::Answer::admitted: return nullptr;
    case service::Admission::Answer::full: return &reply::server_full;
    case service::Admission::Answer::source_full: break;
  }
  return &reply::too_many_connections;
}

/// When nearly all seats are taken, whoever has most of them gives one up for the newcomer.
void Server::State::make_way(const IpAddress& newcomer) {
  if (const std::optional<IpAddress> crowding = common.admission.crowding(newcomer)) displace_one(*crowding, true);
}

/// One of the source's connections, on whatever loop: one that is idle, and only where no loop has such a one another.
void Server::State::displace_one(const IpAddress& source, bool idle) try {
  struct Round {
    std::atomic<bool> due{true};
    std::atomic<std::size_t> left;
  };
  const auto round = std::make_shared<Round>();
  round->left = shares.size();
  for (auto& share : shares)
    asio::post(share->shared.context, [this, s = share.get(), source, idle, round] {
      const auto [first, last] = s->shared.connections.equal_range(source);
      for (auto each = first; each != last && round->due; ++each)
        if (each->second->can_be_displaced(idle) && round->due.exchange(false)) each->second->displace();
      if (--round->left == 0 && round->due && idle) displace_one(source, false);
    });
} catch (const std::exception& error) {  // out of memory: the newcomer is seated all the same
  log::error("nobody displaced", {{"error", error.what()}});
}

/// Whoever comes from a balancer has been counted as nobody's until now.
asio::awaitable<void, Connection::Executor> Server::State::introduce(Share* share,
                                                                     std::shared_ptr<Introduction> introduction,
                                                                     Accepted accepted, const Gate* gate) {
  ProxyHeader header = co_await introduction->read();
  accepted.socket = introduction->take();
  introduction.reset();
  const Config& config = share->shared.policy->config;
  switch (header.status) {
    case ProxyHeader::Status::more: co_return;
    case ProxyHeader::Status::done: (header.health_check ? metrics.health_checks : metrics.proxied).add(); break;
    case ProxyHeader::Status::no_header:
      metrics.proxy_missing.add();
      if (config.proxy.on_missing == ProxySettings::Missing::direct) {
        if (!accepted.peer.local) accepted.peer.syn = service::take_syn(accepted.socket.get());
        break;
      }
      [[fallthrough]];
    case ProxyHeader::Status::bad:
      if (header.status == ProxyHeader::Status::bad) metrics.proxy_bad.add();
      const std::string session = make_session_id();
      log::warning("proxy", {log::Field::varying("session", session),
                             {"peer", accepted.peer.to_string()},
                             {"result", "refused"},
                             {"error", header.status == ProxyHeader::Status::bad ? header.error : "no header"}});
      metrics.refused(reply::bad_proxy.reason);
      turn_away(accepted.socket, reply::bad_proxy, session, !gate->tls_first);
      co_return;
  }
  if (header.health_check) {
    accepted.peer.health_check = true;
    accepted.peer.exempt = true;
  } else if (header.status == ProxyHeader::Status::done) {
    accepted.peer = {};
    accepted.peer.address = header.local ? IpAddress::from_v4(INADDR_LOOPBACK) : header.address;
    accepted.peer.port = header.port;
    accepted.peer.local = header.local;
    accepted.peer.exempt = header.local;
    accepted.balancer_tls = std::move(header.tls);
  }
  if (share->shared.draining || !enter(accepted, counted_as(accepted.peer, *gate, config), *gate)) co_return;
  begin(*share, std::move(accepted), *gate);
}

/// Nobody's, of who is trusted with as many connections as there are: he is exempt, delivers by LMTP, or will tell by
/// XCLIENT whose it is.
IpAddress Server::State::counted_as(const mail::Peer& peer, const Gate& gate, const Config& config) {
  const bool trusted =
      gate.lmtp || contains(config.limits.exempt, peer.address) || contains(config.xclient.networks, peer.address);
  return trusted ? IpAddress() : source_of(peer);
}

/// For a peer that has been counted.
void Server::State::begin(Share& share, Accepted accepted, const Gate& gate) {
  if (!accepted.peer.health_check) metrics.sessions.add();
  const IpAddress source = counted_as(accepted.peer, gate, share.shared.policy->config);
  const bool exempt = gate.lmtp || contains(share.shared.policy->config.limits.exempt, accepted.peer.address);
  Opening opening{std::move(accepted.peer), gate.tls_first ? TlsUse::first : TlsUse::never,
                  std::move(accepted.balancer_tls), gate.lmtp};
  opening.peer.exempt |= exempt;
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(share.shared, std::move(accepted.socket), std::move(opening), source);
  } catch (...) {
    leave(source);
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

void Server::State::leave(const IpAddress& source) {
  metrics.connections.add(-1);
  common.admission.leave(source);
  check_drained();
}

}  // namespace maildrop::smtp
