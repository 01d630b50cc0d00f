/// connection_tls.cc: the handshake of a connection, and its bytes within TLS.
#include <boost/asio/post.hpp>

#include "core/log.h"
#include "smtp/connection.h"

namespace maildrop::smtp {

namespace asio = boost::asio;
using service::TlsSession;

/// Another process, or this one's predecessor, may know better. Nobody waits for it: who has not said EHLO by then is
/// not offered what failed, and who has is not the next time.
void Connection::recall_tls() {
  if (session_.policy().config.tls.retry_after <= Millis(0)) return;
  const std::weak_ptr<Connection> self = weak_from_this();
  loop_.common.tls_failures.recall(session_.transaction().peer, [self, context = &loop_.context] {
    asio::post(*context, [self] {
      if (const std::shared_ptr<Connection> here = self.lock()) here->session_.withdraw_tls();
    });
  });
}

asio::awaitable<void, Connection::Executor> Connection::start_tls() {
  std::string().swap(pending_);
  pending_memory_.resize(0);
  if (has_output() && !write_at_once()) co_await write_rest();  // the 220, in the clear
  if (gone_) co_return;
  tls_ = std::make_unique<TlsSession>(session_.policy().tls);
  begin_wait(Waiting::handshake);  // one deadline for all of it
  const Monotonic deadline = deadline_;
  bool more = true;
  while (more && !gone_) {
    waiting_ = Waiting::handshake;
    deadline_ = deadline;
    co_await socket_.readable();
    waiting_ = Waiting::nothing;
    if (expired_ == &reply::timed_out && loop_.now > deadline) {
      tls_has_failed("timed out");
      break;
    }
    if (expired_ || (loop_.draining && session_.idle())) {  // our doing: nothing to remember of the peer
      if (!expired_) end_ = "draining";
      session_.tls_failed();
      break;
    }
    const ssize_t n = socket_.recv(loop_.buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) {
      tls_has_failed("the peer closed");
      break;
    }
    more = shake_hands({loop_.buffer.data(), static_cast<std::size_t>(n)});
    if (has_output() && !write_at_once()) co_await write_rest();
  }
}

/// false: it is over, well or not.
bool Connection::shake_hands(std::string_view bytes) {
  tls_->give(bytes);
  const TlsSession::Status status = tls_->handshake();
  if (status == TlsSession::Status::more) return true;
  if (status != TlsSession::Status::done) {
    tls_has_failed(tls_->error());
    return false;
  }
  loop_.metrics.tls.add();
  session_.tls_started({std::string(tls_->protocol()), std::string(tls_->cipher())});
  decrypt({});  // what came behind the handshake; `bytes` are still there
  return false;
}

void Connection::tls_has_failed(std::string_view why) {
  loop_.metrics.tls_failed.add();
  const mail::Peer& peer = session_.transaction().peer;
  loop_.common.tls_failures.note(peer, session_.policy().config.tls.retry_after);
  log::info("tls", {log::Field::varying("session", session_.id()),
                    log::Field::telling_kind(source_name(peer)),
                    log::Field::varying("peer", peer.to_string()),
                    {"result", "failed"},
                    {"error", why}});
  end_ = "tls";
  take(service::Flood::Of::error);
  session_.tls_failed();
}

/// Gives to the session what the bytes say, and those that were given to TLS before and not used.
void Connection::decrypt(std::string_view bytes) {
  if (!bytes.empty()) tls_->give(bytes);
  std::size_t size = 0;
  TlsSession::Status status;
  while ((status = tls_->read(loop_.plaintext, size)) == TlsSession::Status::done) feed({loop_.plaintext.data(), size});
  // What came before the peer's goodbye is answered all the same.
  if (status != TlsSession::Status::more) peer_ended_ = true;
}

bool Connection::has_output() const { return session_.has_output() || (tls_ && tls_->has_output()); }

void Connection::take_output() {
  output_ = session_.take_output();
  written_ = 0;
  if (!tls_) return;
  if (!tls_->write(output_)) gone_ = true;
  output_ = tls_->take_output();
}

}  // namespace maildrop::smtp
