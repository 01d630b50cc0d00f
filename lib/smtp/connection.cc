/// connection.cc: the coroutine of one connection.
#include "smtp/connection.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "core/random.h"
#include "mail/message.h"
#include "smtp/trace.h"

namespace maildrop::smtp {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

using Executor = Connection::Executor;
using Token = asio::use_awaitable_t<Executor>;
constexpr asio::as_tuple_t<Token> kWait{Token{}};

constexpr std::size_t kMaxLinger = 1 << 20;        // bytes thrown away so that the last reply is not lost to a reset
constexpr std::chrono::seconds kLingerTime{5};     // and how long
constexpr std::chrono::seconds kDrainLinger{1};    // the same when a restart waits for it
constexpr std::chrono::minutes kOwnTimer{5};       // for waits that have a timer of their own, which comes before
constexpr std::chrono::seconds kRateWindow{30};    // in which min_data_rate must be reached
constexpr std::chrono::seconds kScarceWindow{10};  // the same while seats are scarce

/// RFC 3207 4.2 lets a client whose handshake failed go on in the clear, but not all do that by themselves.
Opening with_tls_offered(const LoopState& loop, Opening opening) {
  if (opening.tls == TlsUse::never && loop.policy->tls && !loop.common.tls_failures.known(opening.peer))
    opening.tls = TlsUse::offered;
  return opening;
}

std::int64_t seconds(Monotonic::duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

std::string make_session_id() { return random_name(8).substr(0, 12); }

Connection::Connection(LoopState& loop, FileDescriptor socket, Opening opening, const IpAddress& source)
    : loop_(loop),
      socket_(loop.poller, std::move(socket)),
      source_(source),
      session_(
          loop.policy, make_session_id(), with_tls_offered(loop, opening),
          {.memory = &loop.memory, .smaller = memory_of(loop.common, source), .meter = this, .clock = &loop.clock}),
      pending_memory_(loop.memory),
      started_(loop.clock.monotonic()) {
  place_ = loop_.connections.emplace(source_.source(), this);
}

Connection::~Connection() {
  trial_.reset();  // the last connection that left may be followed by the end of the judge
  loop_.connections.erase(place_);
  try {
    count_session();
    log_session();
  } catch (...) {  // out of memory: then without a line
  }
  loop_.left(source_);
}

awaitable<void, Executor> Connection::run([[maybe_unused]] std::shared_ptr<Connection> self) {
  if (session_.offers_tls()) recall_tls();
  if (session_.want() != Want::tls && is_suspect()) co_await hold_greeting();
  while (!gone_) {
    switch (session_.want()) {
      case Want::input: {
        if (!pending_.empty()) {
          const std::string bytes = std::exchange(pending_, {});
          feed(bytes);
          if (pending_.empty()) pending_memory_.resize(0);
          break;
        }
        if (has_output()) {
          if (!std::exchange(greeted_, true)) co_await listen_first();
          if (refusal_due_) co_await hold_refusal();
          if (session_.want() == Want::close) break;
          if (!write_at_once()) co_await write_rest();
          break;  // what is wanted may have changed: a shutdown, a deadline
        }
        if (loop_.draining && session_.idle()) {
          session_.end(reply::shutting_down);
          break;
        }
        if (peer_ended_) {
          gone_ = true;
          break;
        }
        begin_wait(Waiting::peer_bytes);
        co_await socket_.readable();
        waiting_ = Waiting::nothing;
        if (expired_) {
          session_.end(*expired_);
        } else if (!loop_.draining || !session_.idle()) {
          gone_ = !read_some();
        }
        break;
      }
      case Want::admission: readmit(); break;
      case Want::tls: co_await start_tls(); break;
      case Want::delivery: co_await deliver(); break;
      case Want::verdict: co_await ask_judge(); break;
      case Want::close:
        count_refusals();
        if (refusal_due_ && !expired_) co_await hold_refusal();
        if (tls_ && !gone_) tls_->say_goodbye(session_.take_output());
        if (has_output() && !write_at_once()) co_await write_rest();
        if (session_.quit()) {
          end_ = "quit";
        } else if (!gone_) {
          if (end_ == kClosed) end_ = expired_ ? "expired" : "refused";
          if (expired_ != &reply::displaced) co_await linger();
        }
        co_return;
    }
  }
}

// --- bytes ---

void Connection::feed(std::string_view bytes) {
  const std::size_t used = session_.consume(bytes);
  count_refusals();
  track_data();
  bytes.remove_prefix(used);
  // What came in the clear behind STARTTLS an attacker may have put there (CVE-2011-0411).
  if (bytes.empty() || session_.want() == Want::close || session_.want() == Want::tls) return;
  if (pending_memory_.resize(pending_.size() + bytes.size())) {
    pending_.append(bytes);
  } else {
    session_.end(
        reply::server_busy);  // what was pipelined is lost, so the peer must not think that it will be answered
  }
}

bool Connection::read_some() {
  const ssize_t n = socket_.recv(loop_.buffer);
  if (n > 0) {
    if (in_data_) data_bytes_ += static_cast<std::uint64_t>(n);
    const std::string_view bytes(loop_.buffer.data(), static_cast<std::size_t>(n));
    if (tls_) {
      decrypt(bytes);
    } else {
      feed(bytes);
    }
    return true;
  }
  return n < 0 && (errno == EAGAIN || errno == EINTR);
}

bool Connection::send_some() {
  while (written_ < output_.size()) {
    const ssize_t n = socket_.send(std::string_view(output_).substr(written_));
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    written_ += static_cast<std::size_t>(n);
  }
  return true;
}

/// Nearly always the socket takes it all. false: it did not, and write_rest() is needed.
bool Connection::write_at_once() {
  take_output();
  gone_ = !send_some() || gone_;
  if (!gone_ && written_ < output_.size()) return false;
  std::string().swap(output_);  // its memory, too: most of their time connections are idle
  return true;
}

awaitable<void, Executor> Connection::write_rest() {
  while (written_ < output_.size()) {
    if (!expired_) {
      begin_wait(Waiting::peer_room);
      co_await socket_.writable();
      waiting_ = Waiting::nothing;
    }
    // A peer that does not read gets no more to read. It may have expired before: then nothing ends a wait any more.
    if (expired_) {
      end_ = "expired";
      gone_ = true;
      break;
    }
    if (!send_some()) {
      gone_ = true;
      break;
    }
  }
  std::string().swap(output_);
}

bool Connection::discard_some() {
  const ssize_t n = socket_.recv(loop_.buffer);
  if (n > 0) lingered_ += static_cast<std::size_t>(n);
  return (n > 0 && lingered_ < kMaxLinger) || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/// Closing a socket with unread bytes sends a reset, which can overtake the reply that says why: read on for a while.
awaitable<void, Executor> Connection::linger() {
  socket_.shut_down_sending();
  expired_ = nullptr;
  begin_wait(Waiting::last_bytes);
  while (!expired_ && discard_some()) co_await socket_.readable();
  waiting_ = Waiting::nothing;
}

// --- deadlines ---

void Connection::begin_wait(Waiting waiting) {
  waiting_ = waiting;
  // A command line has one deadline, however many packets it comes in: who drips it is as silent as who says nothing.
  if (waiting == Waiting::peer_bytes && session_.in_line() && session_.commands() == deadline_for_) return;
  deadline_for_ = session_.commands();
  const Config& config = session_.policy().config;
  Millis most = config.smtp.command_timeout;
  if (waiting == Waiting::last_bytes) most = loop_.draining || loop_.scarce ? kDrainLinger : kLingerTime;
  if (waiting == Waiting::handshake) most = config.tls.handshake_timeout;
  if (waiting == Waiting::pause || waiting == Waiting::verdict) most = kOwnTimer;
  if (waiting == Waiting::greeting) most = config.flood.greet_pause;
  deadline_ = loop_.clock.monotonic() + most;
}

void Connection::track_data() {
  in_data_ = session_.in_data();
  if (session_.begun() == data_begun_) return;
  data_begun_ = session_.begun();
  data_started_ = rate_since_ = loop_.clock.monotonic();
  data_bytes_ = 0;
}

/// For drain() and expire() to end.
awaitable<void, Executor> Connection::wait_by(LoopTimer& timer, Waiting waiting) {
  const Monotonic begin = loop_.clock.monotonic();
  pause_ = &timer;
  begin_wait(waiting);
  co_await timer.async_wait(kWait);
  pause_ = nullptr;
  waiting_ = Waiting::nothing;
  rate_since_ += loop_.clock.monotonic() - begin;  // the peer was not asked for anything
}

void Connection::sweep() {
  if (!can_end() || expired_) return;
  const SmtpSettings& limits = session_.policy().config.smtp;
  if (loop_.now > deadline_ - impatience() || loop_.now > started_ + limits.session_timeout)
    return expire(reply::timed_out);
  if (!in_data_) return;
  if (loop_.now - data_started_ > limits.data_timeout) return expire(reply::timed_out);
  if (pause_) return;
  // Window by window: who sent much at once has not earned hours of silence.
  const Monotonic::duration taken = loop_.now - rate_since_;
  if (taken <= (loop_.scarce && is_limited() ? kScarceWindow : kRateWindow)) return;
  if (data_bytes_ < static_cast<std::uint64_t>(seconds(taken)) * limits.min_data_rate) return expire(reply::too_slow);
  rate_since_ = loop_.now;
  data_bytes_ = 0;
}

void Connection::expire(const Reply& reply) {
  expired_ = &reply;
  socket_.cancel();
  if (pause_) pause_->cancel();
}

Connection::Holding Connection::holding() const {
  if (!can_end() || expired_ || !is_limited()) return {};
  return {session_.transaction().memory.held(), session_.held_by_network(), in_data_,
          in_data_ ? data_started_ : started_};
}

void Connection::give_back() { expire(reply::memory_needed); }

void Connection::drain() {
  const bool waits = waiting_ == Waiting::greeting || waiting_ == Waiting::peer_bytes || waiting_ == Waiting::handshake;
  if (waits && session_.idle()) socket_.cancel();
  if (pause_) pause_->cancel();
}

void Connection::shut_down() {
  if (can_end() && !expired_) expire(reply::shutting_down);
}

void Connection::displace() { expire(reply::displaced); }

void Connection::abandon() noexcept {
  end_ = "error";
  try {
    std::string last;
    append(last, reply::internal_error, session_.id());
    if (tls_) {
      tls_->say_goodbye(last);
      last = tls_->take_output();
    }
    [[maybe_unused]] const ssize_t n = socket_.send(last);
  } catch (...) {  // out of memory: then without a word
  }
}

// --- the store ---

Connection::Outgoing Connection::take_delivery() {
  mail::Transaction transaction = session_.take_transaction();
  const Time now = loop_.clock.now();
  const store::MessageId id = store::MessageId::make(now);
  mail::Overview overview = mail::overview(transaction.data);

  store::Delivery delivery;
  delivery.data = std::move(transaction.data);
  delivery.data.insert(0,
                       trace_fields(transaction, session_.policy().hostname, id.text(), now, results_of(transaction)));
  store::Summary& summary = delivery.summary;
  summary.id = id;
  summary.from = transaction.from.is_null() ? std::string() : transaction.from.to_string();
  summary.header_from = std::move(overview.from);
  summary.subject = std::move(overview.subject);
  summary.date = overview.date;
  summary.tls = transaction.tls.to_string();
  summary.helo = std::move(transaction.helo);
  summary.peer = transaction.peer.to_string();
  summary.received = now;
  summary.size = delivery.data.size();
  delivery.transcript = std::move(transaction.transcript);
  if (trial_) {
    filter::Judgement judgement = trial_->judgement(filter::About::message);
    summary.mark = judgement.mark;
    summary.score = judgement.score;
    delivery.verdicts = std::move(judgement.verdicts);
  }
  for (mail::Recipient& recipient : transaction.recipients) {
    const auto same = [&](const store::Delivery::Target& target) { return target.inbox == recipient.inbox; };
    if (std::any_of(delivery.targets.begin(), delivery.targets.end(), same)) continue;  // a name and its alias
    delivery.targets.push_back({std::move(recipient.inbox), recipient.address.to_string()});
  }
  Record record{summary.id,   summary.from,       delivery.targets.front().inbox.name(), delivery.targets.size(),
                summary.size, transaction.removed};
  note_delivery(delivery, record);
  return {std::move(delivery), std::move(transaction.memory), std::move(record)};
}

awaitable<void, Executor> Connection::deliver() {
  Outgoing outgoing = take_delivery();
  waiting_ = Waiting::store;
  const Monotonic start = loop_.clock.monotonic();
  loop_.metrics.data.observe(std::chrono::duration<double>(start - data_started_).count());
  // It holds pointers only (HOUSE: g++ 12 destroys other captures twice).
  struct Push {
    LoopState* loop;
    Outgoing* outgoing;
    void operator()(Answers::Resume resume) const {
      loop->committer.push(std::move(outgoing->delivery), loop->answers->done_of(std::move(resume)),
                           std::move(outgoing->memory), loop->answers);
    }
  };
  const Push push{&loop_, &outgoing};
  Token token;
  Result<store::MessageId> stored = co_await asio::async_initiate<Token, void(Answers::Answer)>(push, token);
  waiting_ = Waiting::nothing;
  loop_.metrics.delivery.observe(std::chrono::duration<double>(loop_.clock.monotonic() - start).count());
  (stored ? loop_.metrics.stored : loop_.metrics.deferred).add();
  if (stored && outgoing.record.score) loop_.metrics.marks[static_cast<std::size_t>(outgoing.record.mark)]->add();
  if (stored) loop_.metrics.bytes.add(outgoing.record.size);
  if (stored) loop_.metrics.removed.add(outgoing.record.removed);
  log_message(outgoing.record, stored);
  report_message(outgoing.record, stored);
  session_.answer(stored);
  count_refusals();
}

}  // namespace maildrop::smtp
