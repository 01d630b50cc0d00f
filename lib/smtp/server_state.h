/// server_state.h: what server.cc (the life of a server) and server_accept.cc (of a connection until its session
/// begins) share. For these two alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "service/admission.h"
#include "smtp/connection.h"
#include "smtp/introduction.h"
#include "smtp/server.h"

namespace maildrop::smtp {

/// A connection that has no session yet.
struct Accepted {
  FileDescriptor socket;
  mail::Peer peer;
  mail::Tls balancer_tls{};
};

struct Server::State {
  using Executor = Connection::Executor;
  using Token = boost::asio::use_awaitable_t<Executor>;
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
  using Timer = LoopTimer;
  template <class T>
  using awaitable = boost::asio::awaitable<T, Executor>;
  using TlsContextPtr = service::TlsContextPtr;
  static constexpr boost::asio::as_tuple_t<Token> kWait{Token{}};

  struct Gate {
    service::Listener listener;
    bool tls_first;
    bool lmtp;
  };

  /// One loop's share: its listeners, its connections, its sweep.
  struct Share {
    Share(State& s, std::size_t index, service::Loop& loop)
        : server(s),
          shared{.index = index,
                 .context = loop.context(),
                 .poller = service::Poller(loop.context()),
                 .common = s.common,
                 .committer = s.parts.committer,
                 .answers = std::make_shared<Answers>(loop.context()),
                 .memory = s.parts.memory,
                 .clock = s.parts.clock,
                 .metrics = s.metrics,
                 .judge = s.parts.judge,
                 .reporter = s.parts.reporter,
                 .verdict_time = s.parts.verdict_time,
                 .policy = s.policy,
                 .left = [&s](const IpAddress& source) { s.leave(source); }},
          sweeper(loop.context().get_executor()) {}

    void add(service::ListenersByLoop& listeners, std::size_t loop, bool tls_first, bool lmtp) {
      if (loop >= listeners.size()) return;
      for (service::Listener& each : listeners[loop]) gates.push_back({std::move(each), tls_first, lmtp});
    }

    State& server;
    LoopState shared;
    std::vector<Gate> gates;
    std::list<Descriptor> acceptors;
    Timer sweeper;
    // Of limits.memory, as of the last sweep: what its connections hold, and the most that a network of one of them
    // does.
    std::atomic<std::uint64_t> receiving{0};
    std::atomic<std::uint64_t> largest{0};
  };

  State(ServerParts p, const Config& config, ServerListeners listeners, TlsContextPtr tls)
      : parts(p),
        metrics(p.metrics),
        common{service::Admission(limits_of(config)), std::make_shared<service::Flood>(p.clock, flood_of(config)),
               SourceBudgets(memory_of_source(config)), SourceBudgets(config.limits.memory),
               TlsFailures(p.clock, config.limits.ledger, p.bookkeeper)} {
    policy = make_policy(config, std::move(tls));
    for (std::size_t i = 0; i < parts.loops.size(); ++i) {
      Share& share = *shares.emplace_back(std::make_unique<Share>(*this, i, parts.loops.at(i)));
      share.add(listeners.plain, i, false, false);
      share.add(listeners.tls_first, i, true, false);
      share.add(listeners.lmtp, i, false, true);
    }
  }

  static service::AdmissionLimits limits_of(const Config& config) {
    const LimitSettings& limits = config.limits;
    return {.total = limits.connections,
            .per_ipv4 = limits.connections_per_ipv4,
            .per_ipv6_64 = limits.connections_per_ipv6_64,
            .per_ipv4_24 = limits.connections_per_ipv4_24,
            .per_ipv6_48 = limits.connections_per_ipv6_48,
            .exempt = limits.exempt};
  }

  static service::FloodLimits flood_of(const Config& config) {
    const FloodSettings& flood = config.flood;
    return {.connections = flood.connection_rate,
            .messages = flood.message_rate,
            .recipients = flood.recipient_rate,
            .errors = flood.error_rate,
            .network_factor = flood.network_factor,
            .records = config.limits.ledger,
            .shared = flood.shared};
  }

  static std::uint64_t memory_of_source(const Config& config) {
    return std::max(config.limits.memory / 4, Policy::room_for_one(config));
  }

  std::shared_ptr<const Policy> make_policy(const Config& config, TlsContextPtr tls) const {
    return std::make_shared<const Policy>(config, parts.judge ? parts.judge->terms() : filter::Judge::Terms{},
                                          std::move(tls));
  }

  awaitable<void> accept_loop(Share* share, Descriptor* acceptor, Gate* gate);
  bool accept_some(Share& share, const Gate& gate);
  void admit(Share& share, Accepted accepted, const Gate& gate);
  bool enter(const Accepted& accepted, const IpAddress& source, const Gate& gate);
  const Reply* no_entry(const IpAddress& source);
  void make_way(const IpAddress& newcomer);
  void displace_one(const IpAddress& source, bool idle);
  awaitable<void> introduce(Share* share, std::shared_ptr<Introduction> introduction, Accepted accepted,
                            const Gate* gate);
  static IpAddress counted_as(const mail::Peer& peer, const Gate& gate, const Config& config);
  void begin(Share& share, Accepted accepted, const Gate& gate);
  awaitable<void> sweep_loop(Share* share);
  void relieve(Share& share);
  void leave(const IpAddress& source);
  void drain_share(Share& share);
  void check_drained();
  void farewell();

  ServerParts parts;
  Metrics metrics;
  Common common;
  std::shared_ptr<const Policy> policy;
  std::vector<std::unique_ptr<Share>> shares;
  std::atomic<std::size_t> accepting{0};  // loops that still accept
  std::atomic<bool> draining{false};
  std::atomic<bool> drained{false};
  std::function<void()> done;
  std::vector<std::string> left;  // written before the loops hear of the drain
};

}  // namespace maildrop::smtp
