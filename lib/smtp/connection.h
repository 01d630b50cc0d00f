/// connection.h: carries one session over one socket: TLS, reads, writes, deadlines, and the two waits (store,
/// filters). connection_tls.cc has what TLS adds.
///
/// A connection lives on one loop and is touched by that loop's thread alone. While it waits for its peer it holds no
/// buffer: it waits for readability and then reads into the loop's.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/descriptor.h"
#include "service/poller.h"
#include "service/tls.h"
#include "smtp/loop_state.h"
#include "smtp/session.h"

namespace maildrop::smtp {

using LoopTimer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

class Connection : public std::enable_shared_from_this<Connection>, private Meter {
 public:
  using Executor = LoopExecutor;

  /// `socket`: connected, non-blocking. `opening.tls` becomes offered where it may be. `source`: what it is counted as.
  /// Throws when the loop cannot watch the socket; it is closed then.
  Connection(LoopState& loop, FileDescriptor socket, Opening opening, const IpAddress& source);
  ~Connection() override;

  /// Serves until the session ends; `self` keeps the connection alive meanwhile.
  boost::asio::awaitable<void, Executor> run(std::shared_ptr<Connection> self);

  /// Ends what is past its deadline or too slow.
  void sweep();
  /// Ends the session now if nothing is lost by it, otherwise after its transaction.
  void drain();
  /// Ends the session now, whatever the peer is at; not one that waits for the store, which has an answer soon.
  void shut_down();
  /// May its seat be given to somebody else, and at no loss if `idle`?
  bool can_be_displaced(bool idle) const {
    return can_end() && !expired_ && session_.want() != Want::close && (!idle || session_.idle());
  }
  void displace();
  /// What ending it now would give back of limits.memory: nothing, where it cannot end now, or is no source.
  struct Holding {
    std::uint64_t bytes = 0;
    std::uint64_t of_network = 0;  // all that its network holds
    bool in_data = false;          // and not at its recipients, or between chunks
    Monotonic since{};             // the begin of the message, or of the session
  };
  Holding holding() const;
  void give_back();
  /// Something threw: the peer hears 421 if it still can.
  void abandon() noexcept;

 private:
  enum class Waiting : unsigned char {
    nothing,
    greeting,
    pause,
    handshake,
    peer_bytes,
    peer_room,
    last_bytes,
    store,
    verdict
  };

  bool is_limited() const { return source_ != IpAddress(); }
  bool take(service::Flood::Of of) override;
  bool is_suspect() const { return is_limited() && loop_.common.flood->suspect(source_); }
  Monotonic::duration impatience() const;
  void feed(std::string_view bytes);  // what is not used now is left in pending_
  void readmit();
  void count_refusals();
  /// It waits, and not for the store, which has an answer soon.
  bool can_end() const { return waiting_ != Waiting::nothing && waiting_ != Waiting::store; }
  void begin_wait(Waiting waiting);
  void expire(const Reply& reply);
  bool send_some();     // false: the peer is gone
  bool read_some();     // false: the peer is gone
  bool discard_some();  // false: enough
  void track_data();

  /// What the log tells of a delivery, when the delivery itself is gone.
  struct Record {
    store::MessageId id;
    std::string from;
    std::string inbox;  // the first
    std::size_t inboxes;
    std::uint64_t size;
    std::size_t removed;  // attachments
    store::Mark mark{};
    std::optional<float> score{};
    std::shared_ptr<report::Decision> decision{};  // what is reported of it, if anything is
  };
  /// On its way to the store.
  struct Outgoing {
    store::Delivery delivery;
    BudgetShare memory;
    Record record;
  };
  Outgoing take_delivery();
  std::string results_of(const mail::Transaction& transaction) const;
  void log_refusal(const Refusal& refusal) const;
  void log_message(const Record& record, const Result<store::MessageId>& stored) const;
  report::Decision decision_of(report::Decision::Of of, filter::About about);
  void note_hosts();
  void report_refusal(const Refusal& refusal);
  void note_delivery(const store::Delivery& delivery, Record& record);
  void report_message(const Record& record, const Result<store::MessageId>& stored) const;
  void log_session() const;
  void count_session() const;

  boost::asio::awaitable<void, Executor> hold_greeting();
  boost::asio::awaitable<void, Executor> listen_first();
  boost::asio::awaitable<void, Executor> hold_refusal();
  boost::asio::awaitable<void, Executor> keep_waiting(Millis length);
  boost::asio::awaitable<void, Executor> wait_by(LoopTimer& timer, Waiting waiting);
  boost::asio::awaitable<void, Executor> start_tls();
  void recall_tls();
  bool shake_hands(std::string_view bytes);
  void tls_has_failed(std::string_view why);
  void decrypt(std::string_view bytes);
  bool has_output() const;
  void take_output();
  bool write_at_once();
  boost::asio::awaitable<void, Executor> write_rest();
  boost::asio::awaitable<void, Executor> linger();
  boost::asio::awaitable<void, Executor> deliver();
  Result<void> put_question(filter::Trial::Done done);
  boost::asio::awaitable<void, Executor> ask_judge();
  boost::asio::awaitable<void, Executor> flush();
  void do_without(const std::string& why);

  LoopState& loop_;
  service::PolledSocket socket_;
  IpAddress source_;  // what it is counted as
  Session session_;
  std::unique_ptr<filter::Trial> trial_;  // from the first question on
  std::vector<std::string> hosts_;        // of the URLs in the message that was judged last, to be reported
  std::string pending_;                   // bytes that came while the session wanted something else
  BudgetShare pending_memory_;
  std::unique_ptr<service::TlsSession> tls_;  // from the begin of the handshake
  std::string output_;                        // being written
  std::size_t written_ = 0;                   // of output_
  std::multimap<IpAddress, Connection*>::iterator place_;
  LoopTimer* pause_ = nullptr;      // while a wait has a timer of its own
  const Reply* expired_ = nullptr;  // why the sweep ended the wait
  Monotonic started_;
  Monotonic deadline_;         // of the wait in progress
  unsigned deadline_for_ = 0;  // Session::commands() when it was set
  Monotonic data_started_{};
  Monotonic rate_since_{};  // since when data_bytes_ came in
  std::uint64_t data_bytes_ = 0;
  unsigned data_begun_ = 0;   // Session::begun() when the clock of a message was set last
  unsigned refused_ = 0;      // commands, recipients and messages
  std::string_view reason_;   // of the last of them that did not only follow from another
  std::size_t lingered_ = 0;  // bytes thrown away behind the last reply
  static constexpr std::string_view kClosed = "closed";
  std::string_view end_ = kClosed;  // how it ended, for the log
  Waiting waiting_ = Waiting::nothing;
  bool greeted_ = false;  // or about to be
  bool in_data_ = false;
  bool refusal_due_ = false;  // output has one, for a suspect
  bool gone_ = false;         // the peer closed or failed
  bool peer_ended_ = false;   // within TLS it said goodbye, or broke it: nothing comes any more
};

/// What a peer is counted as; `::` is no source.
inline IpAddress source_of(const mail::Peer& peer) {
  return peer.local || peer.health_check ? IpAddress() : peer.address;
}

/// A session id: 12 characters nobody can guess.
std::string make_session_id();
/// The source that caps and rates count a peer as: lines of the log go by it where many come to the same.
std::string source_name(const mail::Peer& peer);

}  // namespace maildrop::smtp
