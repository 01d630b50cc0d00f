/// session.h: one SMTP session as a pure state machine: bytes in, replies out, and five questions it asks the world.
///
/// No socket, no store, and no clock but to see whether an alias has expired. Whatever drives it (a connection, a test,
/// a fuzzer) looks at want():
///   input     give bytes to consume()
///   admission the peer has become another one (XCLIENT): count it as that, and say admitted() or end()
///   verdict   somebody judges transaction() at phase(); give the Verdict to answer(), or say unjudged()
///   delivery  take transaction() away by take_transaction(), store it, and give the result to answer()
///   tls       send what take_output() has in the clear, throw away what the peer sent besides, do the handshake, and
///             say tls_started() or tls_failed(); from then on the bytes are those within TLS
///   close     send what take_output() has, then close
/// and sends what take_output() returns whenever it likes, at the latest before it waits for the peer. Any split of the
/// same bytes gives the same replies.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/budget.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/message_room.h"
#include "core/result.h"
#include "filter/verdict.h"
#include "mail/alias.h"
#include "mail/transaction.h"
#include "smtp/chunk_reader.h"
#include "smtp/data_reader.h"
#include "smtp/grammar.h"
#include "smtp/line_reader.h"
#include "smtp/meter.h"
#include "smtp/reply.h"
#include "smtp/transcript.h"
#include "store/store.h"

namespace maildrop::service {
class TlsContext;
}

namespace maildrop::smtp {

/// What a session goes by: the settings in the form it needs, made once for each configuration. A session keeps the one
/// it began with.
struct Policy {
  /// `tls`: nullptr where it is not configured.
  Policy(const Config& config, filter::Judge::Terms terms, std::shared_ptr<const service::TlsContext> tls = {});

  Config config;
  std::shared_ptr<const service::TlsContext> tls;
  std::string hostname;
  std::unordered_set<std::string> domains;  // canonical
  bool any_domain = false;
  filter::Judge::Terms terms;            // phases: to ask a verdict at
  std::optional<mail::Aliases> aliases;  // nothing: there are none

  bool accepts(const mail::Address& recipient) const;
  /// Bytes of limits.memory that one message may need: as it grows there are two of it.
  static std::uint64_t room_for_one(const Config& config) {
    return std::min(config.limits.memory, std::max(3 * config.mail.max_size, memory_for_one(config.mail.max_size)));
  }
};

enum class Want { input, admission, verdict, delivery, tls, close };

/// never: STARTTLS is unknown here. offered: after EHLO. first: before the greeting (RFC 8314 3).
enum class TlsUse : unsigned char { never, offered, first };

/// What a session begins with.
struct Opening {
  mail::Peer peer{};
  TlsUse tls = TlsUse::never;
  mail::Tls balancer_tls{};  // what a balancer has taken off
  bool lmtp = false;
};

/// What a session works with; all of it outlives the session. nullptr: no limit, and no alias expires.
struct Means {
  Budget* memory = nullptr;                          // what messages take is held of it
  std::array<std::shared_ptr<Budget>, 2> smaller{};  // and, until they are complete, of these: of a source, a network;
                                                     // the network never gets more than it leaves of `memory`
  Meter* meter = nullptr;
  const Clock* clock = nullptr;
};

/// Something that a peer wanted and did not get, for metrics and the log. A message that was dropped is one, though the
/// peer heard 250.
struct Refusal {
  enum class Of : unsigned char { command, recipient, message };

  bool is_discard() const { return code < 400; }

  int code;                 // as the peer heard it
  std::string_view reason;  // Reply::reason
  Of of = Of::command;
  std::string why{};                      // a filter's Verdict::reason
  std::string by{};                       // Verdict::by
  bool evidence = false;                  // Verdict::evidence
  std::string from{};                     // of a recipient or a message: the envelope sender, empty for <>
  std::string to{};                       // the recipient; of a message the first
  std::string argument{};                 // of RCPT, where it names nobody
  std::vector<std::string> recipients{};  // of a message, all of them
  std::uint64_t size = 0;                 // of a message, as far as it came; bytes
};

/// What a peer hears whose message was not stored.
const Reply& answer_to(const Error& error);

class Session {
 public:
  /// `id` names the session in replies. The greeting is there, or a verdict is wanted, at once.
  Session(std::shared_ptr<const Policy> policy, std::string id, Opening opening, Means means = {});

  Want want() const { return want_; }

  /// Uses bytes until something other than input is wanted; returns how many were used. The rest must be given again.
  std::size_t consume(std::string_view bytes);

  /// REQUIRES: want() == Want::admission. `smaller`: Means::smaller of the new peer.
  void admitted(std::array<std::shared_ptr<Budget>, 2> smaller = {});

  /// REQUIRES: want() == Want::verdict.
  filter::Phase phase() const { return phase_; }
  void answer(const filter::Verdict& verdict);
  /// There is no verdict: the peer is to come again. `why` is for operators.
  void unjudged(std::string why);

  /// REQUIRES: want() == Want::delivery. take_transaction() leaves an empty one behind.
  mail::Transaction take_transaction();
  void answer(const Result<store::MessageId>& stored);

  /// REQUIRES: want() == Want::tls. What was said in the clear is forgotten (RFC 3207 4.2).
  void tls_started(mail::Tls tls);
  void tls_failed() { close(); }

  /// The peer had spoken when it was greeted.
  void heard_early() { transaction_.early.greeting = true; }

  bool offers_tls() const { return tls_ == TlsUse::offered && !transaction_.tls.active(); }
  /// Offers it no more, unless the peer has said EHLO: what was promised is kept.
  void withdraw_tls() {
    if (offers_tls() && !greeted_) tls_ = TlsUse::never;
  }

  const mail::Transaction& transaction() const { return transaction_; }
  const std::string& id() const { return id_; }
  const Policy& policy() const { return *policy_; }

  bool has_output() const { return !output_.empty(); }
  std::string take_output();

  /// Between transactions: nothing is lost by ending now.
  bool idle() const { return !in_transaction_; }
  /// A message has begun and is not complete.
  bool in_data() const { return state_ == State::data || chunks_ != nullptr; }
  /// Bytes of limits.memory that messages from its network take while they come in.
  std::uint64_t held_by_network() const { return means_.smaller[1] ? means_.smaller[1]->used() : 0; }
  /// A command line has begun and is not complete.
  bool in_line() const { return (state_ == State::command || state_ == State::refused) && !lines_.at_start(); }

  /// The peer said QUIT and has its 221: it expects nothing more.
  bool quit() const { return quit_; }

  /// Ends the session with a reply that is not the answer to a command: a time-out, a shutdown.
  void end(const Reply& reply);

  /// What was refused since the last call, in order.
  std::vector<Refusal> take_refusals() { return std::exchange(refusals_, {}); }
  bool has_refusals() const { return !refusals_.empty(); }

  /// How often each phase was come to, in the order of filter::Phase.
  using Phases = std::array<unsigned, std::size(filter::kPhaseNames)>;
  const Phases& phases() const { return phases_; }

  unsigned messages() const { return messages_; }  // stored
  unsigned begun() const { return begun_; }        // messages that were told to go ahead
  unsigned commands() const { return commands_; }  // lines, good or bad

 private:
  enum class State : unsigned char { command, refused, data, chunk, closed };

  void greet();
  bool hears_another_protocol(char first);
  std::size_t consume_line(std::string_view bytes);
  std::size_t consume_data(std::string_view bytes);
  std::size_t consume_chunk(std::string_view bytes);
  void run(std::string_view line);
  void run_helo(std::string_view argument, bool esmtp);
  void run_mail(std::string_view argument);
  void run_rcpt(std::string_view argument);
  void run_data(std::string_view argument);
  void run_bdat(std::string_view argument);
  const Reply* wrong_chunk() const;
  void chunk_ended();
  void last_chunk_ended();
  void headers_judged();
  void run_rset(std::string_view argument);
  void run_starttls(std::string_view argument);
  void run_xclient(std::string_view argument);
  void run_help();
  void capabilities();

  bool take(service::Flood::Of of) { return !means_.meter || means_.meter->take(of); }
  bool make_room(std::size_t more);
  bool hold(std::uint64_t bytes);
  bool leaves_enough() const;
  void share_memory();
  const Reply& no_recipients() const;
  std::size_t bytes_beside_data() const;
  void note_replies();
  void proceed();  // the phase passed
  const Reply& standard_reply(const filter::Verdict& verdict) const;
  void refuse_phase(const filter::Verdict& verdict, const Reply& standard);
  void ask(filter::Phase phase);  // asks, or proceeds at once when nobody wants to be asked
  void header_ended();
  void data_ended();
  void finish_message();
  void message_judged();
  struct Discard {
    std::string why, by;  // as Verdict has them
    bool evidence;
  };
  void refuse_message(const Reply& reply, Discard of = {});
  bool remove_attachments();  // false: no memory for it
  void refuse_data(const Reply& reply);
  DataReader::Limits data_limits() const;
  bool over_data_limits(std::size_t size, std::size_t header, std::size_t line);

  void say(const Reply& reply);
  void answer_message(std::string_view text);
  void answer_message(const Reply& reply);
  void refuse_recipient(const Reply& reply, std::string to, std::string_view argument = {});
  Refusal refused_message(const Reply& reply) const;
  Refusal refused_by_filter(const filter::Verdict& verdict, const Reply& standard) const;
  std::string verdict_text(const filter::Verdict& verdict, const Reply& standard) const;
  void refuse(const Reply& reply);            // counted as an error; may end the session
  void refuse_and_close(const Reply& reply);  // the same, and ends it
  void refuse_order(const Reply& reply);
  void put_off_recipient(const Reply& reply);
  void repeat(std::string_view text);
  void refuse_line(std::string_view begin, const Reply& reply);
  void count_junk();
  void close();
  void drop_data();
  void reset();

  std::shared_ptr<const Policy> policy_;
  std::string id_;
  Means means_;
  std::array<BudgetShare, 2> smaller_;
  mail::Transaction transaction_;
  std::string output_;
  std::size_t noted_ = 0;  // bytes of output_ that are in the transcript
  Transcript transcript_;
  std::vector<Refusal> refusals_;
  LineReader lines_;
  std::unique_ptr<DataReader> data_;           // only between 354 and the dot
  std::unique_ptr<ChunkReader> chunks_;        // from the first BDAT of a message to its last
  std::unique_ptr<std::string> data_refusal_;  // the reply that the dot or the chunk will get instead of 250
  const Reply* wrong_chunk_ = nullptr;         // the same for a chunk that should not have come
  std::unique_ptr<Discard> discard_;           // a filter wants the message accepted and dropped
  std::unique_ptr<Discard> discard_copy_;      // the last recipient whose copy was dropped
  std::unique_ptr<Discard> discard_all_;       // the same, said at connect or HELO: for every message of the session
  std::uint64_t chunk_left_ = 0;               // octets of the chunk that have not come yet
  std::uint64_t chunk_size_ = 0;
  std::size_t discarded_ = 0;  // bytes of a refused message read on
  Phases phases_{};
  unsigned errors_ = 0;
  unsigned unknown_ = 0;
  unsigned junk_ = 0;
  unsigned messages_ = 0;
  unsigned delivered_ = 0;  // given away to be stored
  unsigned commands_ = 0;
  unsigned begun_ = 0;
  unsigned accepted_ = 0;  // RCPTs of this transaction that were answered with 250
  unsigned surplus_ = 0;   // RCPTs of this transaction that named an inbox again, or must come again another time
  TlsUse tls_;
  Want want_ = Want::input;
  State state_ = State::command;
  filter::Phase phase_ = filter::Phase::connect;
  bool quit_ = false;
  bool last_chunk_ = false;
  bool followed_ = false;           // more came together with the line
  bool greeted_ = false;            // HELO or EHLO was accepted
  bool in_transaction_ = false;     // MAIL was accepted
  bool refused_mail_ = false;       // the last MAIL was in order, and was refused
  bool refused_recipient_ = false;  // some RCPT of this transaction was refused
  bool may_tell_client_ = false;    // in xclient.networks
  bool helo_was_told_ = false;      // by the XCLIENT that is being run
};

}  // namespace maildrop::smtp
