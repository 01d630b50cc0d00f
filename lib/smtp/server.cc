/// server.cc: metrics, sweeping, draining.
#include "smtp/server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/log.h"
#include "smtp/server_state.h"
#include "smtp/shared_rates.h"

namespace maildrop::smtp {

namespace asio = boost::asio;
using service::TlsContextPtr;

namespace {

constexpr std::chrono::seconds kSweep{1};          // how exact deadlines are
constexpr std::chrono::seconds kLeastPatience{2};  // for a message, however scarce memory is: most need no more

constexpr std::string_view kProxy = "maildrop_smtp_proxy_headers_total";
constexpr std::string_view kProxyHelp =
    "Connections of balancers (proxy.networks, proxy.unix_sockets) by what they began with";
constexpr std::string_view kMessages = "maildrop_smtp_messages_total";
constexpr std::string_view kMessagesHelp =
    "Messages by their reply: stored is 250, discarded too, deferred 4xx, refused 5xx";
constexpr std::string_view kRefused = "maildrop_smtp_refused_total";
constexpr std::string_view kRefusedHelp =
    "Commands, recipients, messages and connections refused with 4xx or 5xx, by reason: the words of the log";
constexpr std::string_view kTls = "maildrop_smtp_tls_handshakes_total";
constexpr std::string_view kTlsHelp = "TLS handshakes by how they ended";

}  // namespace

Metrics::Metrics(metrics::Registry& r)
    : registry(r),
      sessions(r.counter("maildrop_smtp_sessions_total", "SMTP sessions begun, health checks of balancers left out")),
      stored(r.counter(kMessages, kMessagesHelp, "result=\"stored\"")),
      deferred(r.counter(kMessages, kMessagesHelp, "result=\"deferred\"")),
      refused_messages(r.counter(kMessages, kMessagesHelp, "result=\"refused\"")),
      discarded(r.counter(kMessages, kMessagesHelp, "result=\"discarded\"")),
      refused_recipients(r.counter("maildrop_smtp_refused_recipients_total", "Recipients refused for good, with 5xx")),
      bytes(r.counter("maildrop_smtp_message_bytes_total", "Bytes of stored messages")),
      removed(r.counter("maildrop_smtp_attachments_removed_total",
                        "Attachments taken out of stored messages, with mail.attachments = strip")),
      connections(r.gauge("maildrop_smtp_connections", "Open SMTP connections")),
      proxied(r.counter(kProxy, kProxyHelp, "result=\"client\"")),
      health_checks(r.counter(kProxy, kProxyHelp, "result=\"health_check\"")),
      proxy_bad(r.counter(kProxy, kProxyHelp, "result=\"bad\"")),
      proxy_missing(r.counter(kProxy, kProxyHelp, "result=\"missing\"")),
      tls(r.counter(kTls, kTlsHelp, "result=\"done\"")),
      tls_failed(r.counter(kTls, kTlsHelp, "result=\"failed\"")),
      delivery(
          r.histogram("maildrop_smtp_delivery_seconds", "Time from the end of a message's data to the store's answer")),
      data(r.histogram("maildrop_smtp_data_seconds",
                       "Time a message takes to come in, from 354 or the first BDAT to the end of its data")),
      session(r.histogram("maildrop_smtp_session_seconds", "Time from the begin of an SMTP session to its end")) {
  r.counters(kRefused, kRefusedHelp);
  for (std::size_t i = 0; i < marks.size(); ++i)
    marks[i] = &r.counter("maildrop_smtp_marked_messages_total", "Stored messages that filters judged, by their mark",
                          "mark=\"" + std::string(name_of(static_cast<store::Mark>(i))) + "\"");
  for (std::size_t i = 0; i < phases.size(); ++i)
    phases[i] = &r.counter("maildrop_smtp_phases_total",
                           "How often sessions that are over came to each phase: where it drops, strangers went away",
                           "phase=\"" + std::string(filter::kPhaseNames[i]) + "\"");
}

void Metrics::refused(std::string_view reason) {
  // The reasons are the words of reply.h: a fixed set.
  registry.counter(kRefused, kRefusedHelp, "reason=\"" + std::string(reason) + "\"").add();
}

void Metrics::refused(const Refusal& refusal) {
  if (refusal.is_discard()) return discarded.add();
  refused(refusal.reason);
  const bool transient = is_transient(refusal.code);
  if (refusal.of == Refusal::Of::message) (transient ? deferred : refused_messages).add();
  if (refusal.of == Refusal::Of::recipient && !transient) refused_recipients.add();
}

asio::awaitable<void, Connection::Executor> Server::State::sweep_loop(Share* share) {
  const bool shares_rates = parts.bookkeeper && share == shares.front().get();
  while (!drained) {  // a cancel that comes between expiry and the next wait finds nothing to cancel
    share->sweeper.expires_after(kSweep);
    auto [error] = co_await share->sweeper.async_wait(kWait);
    if (error) break;
    share->shared.now = parts.clock.monotonic();
    share->shared.scarce = common.admission.scarce();
    try {
      for (const auto& [source, connection] : share->shared.connections) connection->sweep();
      for (Introduction* introduction : share->shared.introductions) introduction->sweep();
      share->shared.answers->resume_all();  // those of a wake() that had no memory
      relieve(*share);
      if (shares_rates) share_rates(common.flood, *parts.bookkeeper);
    } catch (const std::exception& thrown) {  // out of memory: the next sweep comes to it again
      log::error("sweep failed", {{"error", thrown.what()}});
    }
  }
  try {
    if (shares_rates) share_rates(common.flood, *parts.bookkeeper);  // who comes next is to know it, too
  } catch (const std::exception&) {                                  // out of memory: he learns less
  }
}

/// Three quarters of limits.memory, less what strangers have no part in (deliveries that wait for the store, exempt
/// peers), may be held for as long as they like. What is more is given back by the networks that hold most, and of
/// these by who has been longest at his message. Each loop knows its own connections, and of the others what they had
/// at their last sweep.
void Server::State::relieve(Share& share) {
  const std::uint64_t limit = parts.memory.limit();
  const std::uint64_t used = parts.memory.used();
  std::vector<std::pair<Connection::Holding, Connection*>> holders;
  std::uint64_t receiving = 0;
  std::uint64_t largest = 0;
  if (used > limit / 2) {  // or nobody need look
    for (const auto& [source, connection] : share.shared.connections) {
      const Connection::Holding holding = connection->holding();
      if (holding.bytes == 0) continue;
      receiving += holding.bytes;
      largest = std::max(largest, holding.of_network);
      holders.emplace_back(holding, connection);
    }
  }
  share.receiving = receiving;
  share.largest = largest;
  if (holders.empty()) return;
  receiving = 0;
  for (const auto& each : shares) {
    receiving += each->receiving;
    largest = std::max(largest, each->largest.load());
  }
  const std::uint64_t room = limit - std::min(limit, used - std::min(used, receiving));
  const std::uint64_t most = room - room / 4;
  if (receiving <= most) return;
  std::sort(holders.begin(), holders.end(), [](const auto& x, const auto& y) {
    return x.first.in_data != y.first.in_data ? x.first.in_data : x.first.since < y.first.since;
  });
  const std::uint64_t wanted = (receiving - most) / shares.size() + 1;
  std::uint64_t freed = 0;
  for (const auto& [holding, connection] : holders) {
    if (freed >= wanted) break;
    if (4 * holding.of_network < 3 * largest || holding.since + kLeastPatience > share.shared.now) continue;
    connection->give_back();
    freed += holding.bytes;
  }
}

void Server::State::drain_share(Share& share) {
  share.shared.draining = true;
  for (Gate& gate : share.gates) gate.listener.leave(left);
  for (Descriptor& acceptor : share.acceptors) acceptor.cancel();
  for (const auto& [source, connection] : share.shared.connections) connection->drain();
  for (Introduction* introduction : share.shared.introductions) introduction->drain();
}

void Server::State::farewell() {
  for (auto& share : shares)
    asio::post(share->shared.context, [s = share.get()] {
      for (const auto& [source, connection] : s->shared.connections) connection->shut_down();
    });
}

void Server::State::check_drained() {
  if (!draining || accepting != 0 || common.admission.count() != 0 || drained.exchange(true)) return;
  for (auto& share : shares) asio::post(share->shared.context, [&timer = share->sweeper] { timer.cancel(); });
  done();
}

Server::Server(ServerParts parts, const Config& config, ServerListeners listeners, TlsContextPtr tls)
    : state_(std::make_unique<State>(parts, config, std::move(listeners), std::move(tls))) {}

Server::~Server() = default;

void Server::start() {
  State& state = *state_;
  for (auto& share : state.shares) {
    asio::co_spawn(share->shared.context, state.sweep_loop(share.get()), [](std::exception_ptr thrown) {
      if (thrown) log::error("sweep loop failed");
    });
    for (State::Gate& gate : share->gates) {
      State::Descriptor& acceptor =
          share->acceptors.emplace_back(share->shared.context.get_executor(), gate.listener.fd());
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
  state_->common.tls_failures.set_limit(config.limits.ledger);
  state_->common.flood->apply(State::flood_of(config));
  state_->common.source_memory.set_limit(State::memory_of_source(config));
  state_->common.network_memory.set_limit(config.limits.memory);
  state_->common.admission.apply(State::limits_of(config));
  for (auto& share : state_->shares)
    asio::post(share->shared.context, [s = share.get(), policy] { s->shared.policy = policy; });
}

void Server::renew_terms() {
  for (auto& share : state_->shares)
    asio::post(share->shared.context, [s = share.get(), judge = state_->parts.judge] {
      auto policy = std::make_shared<Policy>(*s->shared.policy);
      policy->terms = judge->terms();
      s->shared.policy = std::move(policy);
    });
}

void Server::drain(std::function<void()> done, std::vector<std::string> left) {
  State& state = *state_;
  state.done = std::move(done);
  state.left = std::move(left);
  state.draining = true;
  for (auto& share : state.shares)
    asio::post(share->shared.context, [&state, s = share.get()] {
      state.drain_share(*s);
      state.check_drained();
    });
}

void Server::farewell() { state_->farewell(); }

std::size_t Server::connections() const { return state_->common.admission.count(); }

const service::Admission& Server::admission() const { return state_->common.admission; }

service::Flood& Server::flood() const { return *state_->common.flood; }

}  // namespace maildrop::smtp
