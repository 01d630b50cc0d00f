/// connection_flood.cc: who a connection is counted as, and what suspects are made to wait for.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/log.h"
#include "smtp/connection.h"

namespace maildrop::smtp {

namespace asio = boost::asio;
using Executor = Connection::Executor;

namespace {

/// One of the connections that may be made to wait at once, if there is still one.
class Hold {
 public:
  Hold(std::atomic<unsigned>& held, unsigned most) : held_(held), granted_(held.fetch_add(1) < most) {}
  ~Hold() { --held_; }
  Hold(const Hold&) = delete;
  bool granted() const { return granted_; }

 private:
  std::atomic<unsigned>& held_;
  bool granted_;
};

}  // namespace

std::array<std::shared_ptr<Budget>, 2> memory_of(Common& common, const IpAddress& source) {
  if (source == IpAddress()) return {};
  return {common.source_memory.of(source.source()), common.network_memory.of(source.network())};
}

const Reply* over_rate(service::Flood& flood, const IpAddress& source) {
  if (source == IpAddress()) return nullptr;
  if (flood.outcast(source)) return &reply::error_rate;
  return flood.take(source, service::Flood::Of::connection) ? nullptr : &reply::connection_rate;
}

bool Connection::take(service::Flood::Of of) { return !is_limited() || loop_.common.flood->take(source_, of); }

/// The limits go by whom XCLIENT named.
void Connection::readmit() {
  const mail::Peer& peer = session_.transaction().peer;
  const IpAddress source = peer.exempt ? IpAddress() : source_of(peer);
  const Reply* refused = over_rate(*loop_.common.flood, source);
  if (!refused && loop_.common.admission.move(source_, source) != service::Admission::Answer::admitted)
    refused = &reply::too_many_connections;
  if (refused) {
    session_.end(*refused);
    return count_refusals();
  }
  source_ = source;
  auto node = loop_.connections.extract(place_);
  node.key() = source_.source();
  place_ = loop_.connections.insert(std::move(node));
  trial_.reset();  // what it knows is of somebody else
  log::info("xclient", {{"session", session_.id()}, {"peer", peer.to_string()}});
  session_.admitted(memory_of(loop_.common, source_));
}

/// By how much a deadline comes earlier, because others want the seat.
Monotonic::duration Connection::impatience() const {
  const Config& config = session_.policy().config;
  if (!loop_.scarce || !is_limited()) return {};
  Millis patience(0);
  if (waiting_ == Waiting::peer_bytes || waiting_ == Waiting::peer_room) patience = config.smtp.command_timeout;
  if (waiting_ == Waiting::handshake) patience = config.tls.handshake_timeout;
  return std::max(Millis(0), patience - config.smtp.stress_timeout);
}

/// A client waits for the greeting (RFC 5321 4.3.1); much that sends spam does not. The timer is the sweep.
asio::awaitable<void, Executor> Connection::hold_greeting() {
  const FloodSettings& flood = session_.policy().config.flood;
  const Hold hold(loop_.common.held, flood.held);
  if (!hold.granted() || flood.greet_pause == Millis(0)) co_return;
  begin_wait(Waiting::greeting);
  ssize_t early = -1;
  do {
    co_await socket_.readable();
    if (expired_ || loop_.draining) break;
    early = socket_.peek(loop_.buffer);
  } while (early < 0 && (errno == EAGAIN || errno == EINTR));
  waiting_ = Waiting::nothing;
  const Reply* why = std::exchange(expired_, nullptr);
  if (early <= 0 && !why) {
    gone_ = !loop_.draining;
  } else if (why != &reply::timed_out) {
    if (!why) loop_.common.flood->take(source_, service::Flood::Of::error);
    session_.take_output();  // the greeting
    session_.end(why ? *why : reply::early_talker);
    count_refusals();
  }
}

/// For who judges those that speak before the greeting. Under TLS, what has come is not what the peer says.
asio::awaitable<void, Executor> Connection::listen_first() {
  const EarlyTalkerFilter& settings = session_.policy().config.filter.early_talker;
  const mail::Transaction& transaction = session_.transaction();
  if (settings.mode == FilterUse::Mode::off || tls_ || transaction.lmtp || !is_limited()) co_return;
  co_await keep_waiting(settings.wait);
  if (socket_.peek(std::span(loop_.buffer).first(1)) > 0) session_.heard_early();
}

asio::awaitable<void, Executor> Connection::hold_refusal() {
  refusal_due_ = false;
  return keep_waiting(session_.policy().config.flood.tarpit);
}

/// Makes the peer wait, unless too many do.
asio::awaitable<void, Executor> Connection::keep_waiting(Millis length) {
  const Hold hold(loop_.common.held, session_.policy().config.flood.held);
  if (!hold.granted() || length <= Millis(0) || loop_.draining) co_return;
  LoopTimer timer(loop_.context.get_executor(), length);
  co_await wait_by(timer, Waiting::pause);
  if (session_.want() == Want::close) co_return;  // it has its last word already
  if (expired_) session_.end(*expired_);
}

}  // namespace maildrop::smtp
