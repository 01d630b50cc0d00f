/// store.h: where inboxes are kept. The contract that every backend passes (tests/store/store_contract.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "mail/inbox.h"
#include "store/models.h"

namespace maildrop::store {

/// 26 characters of lower-case base32: 4 bytes of seconds since 1970, then 12 random bytes, so that ids sort by time
/// and cannot be guessed. Made before the commit, so that a repeated put() can be recognised.
class MessageId {
 public:
  static MessageId make(Time now);
  /// Code::invalid for anything but 26 characters of the alphabet: ids come from strangers, too.
  static Result<MessageId> parse(std::string_view text);
  static MessageId trusted(std::string text) { return MessageId(std::move(text)); }
  const std::string& text() const { return text_; }
  friend auto operator<=>(const MessageId&, const MessageId&) = default;

 private:
  explicit MessageId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// What filters made of a message that they let in.
enum class Mark : std::uint8_t { none, tag, quarantine };
/// `none`, `tag`, `quarantine`.
std::string_view name_of(Mark mark);
std::optional<Mark> mark_named(std::string_view name);

/// What is known of a message without reading it.
struct Summary {
  MessageId id = MessageId::trusted({});
  std::string from;         // envelope sender; empty: <>
  std::string to;           // envelope recipient of this inbox, as given
  std::string header_from;  // decoded, as mail::Overview
  std::string subject;
  std::string helo;
  std::string tls;           // `TLSv1.3 TLS_AES_256_GCM_SHA384`; empty: in the clear
  std::string peer;          // address of the client
  Time received;             // when it was accepted
  std::optional<Time> date;  // the Date field
  std::uint64_t size = 0;    // bytes of the stored message, trace fields included
  Mark mark = Mark::none;
  std::optional<float> score{};  // the sum of what filters said, finite; nullopt: nobody judged it
};

inline constexpr std::size_t kMostVerdicts = 64u << 10;  // bytes; a trace has a few thousand

struct Message {
  Summary summary;
  std::string data;        // Return-Path, Received, then every byte as it came
  std::string transcript;  // what was said for it (smtp/transcript.h); empty: not kept, or not told over HTTP
  std::string verdicts{};  // what each filter found (filter/trace.h); empty: nobody judged it, or not told over HTTP
};

/// Data, transcript and verdicts of a message as they are kept (store/packed_body.h).
struct PackedBody {
  unsigned dictionary = 0;  // 0: not compressed
  bool tagged = false;      // what is behind the data has tags
  std::uint64_t data_size = 0;
  std::string bytes;
};

/// One accepted message for one or several inboxes.
struct Delivery {
  struct Target {
    mail::Inbox inbox;
    std::string to;  // the recipient as given
  };
  Summary summary;                     // `to` is taken from each target, `size` is that of `data`
  std::vector<Target> targets;         // at least one, no inbox twice
  std::string data;                    // as Message::data
  std::string transcript{};            // as Message::transcript
  std::string verdicts{};              // as Message::verdicts; more than kMostVerdicts is not kept
  std::optional<PackedBody> packed{};  // in place of data, transcript and verdicts, which are empty then
  /// When it came, if that is not now: out of a backup. Its inbox counts as having received then, or later where it
  /// has; it stands above what the inbox has all the same. What was let in once is: no source's share is asked.
  std::optional<Time> arrived{};
};

/// Bytes of memory it takes, about.
std::size_t memory_of(const Delivery& delivery);

/// Whether a list shows what has Mark::quarantine.
enum class Quarantined : std::uint8_t { hidden, shown, only };
/// `hidden`, `shown`, `only`.
std::string_view name_of(Quarantined quarantined);
std::optional<Quarantined> quarantined_named(std::string_view name);

/// Newest first, so `offset` 0 is the newest. Both numbers count what is shown.
struct Query {
  std::size_t limit = SIZE_MAX;
  std::size_t offset = 0;
  Quarantined quarantined = Quarantined::hidden;
};

/// One step of removing what has expired, and of making room (store/fair_share.h).
struct PurgeQuery {
  std::size_t messages = 500;  // at most that many in this step, of both together
};

struct PurgeReport {
  std::size_t removed = 0;  // messages that had expired
  std::size_t evicted = 0;  // messages that had not, and made room
  std::string source{};     // that held most, and whose those were; empty: of inboxes that had not received for longest
  bool more = false;        // there may be more: call again
};

/// Where a message lies, as scan() tells it. One that was removed is at no spot any more, whatever comes later.
struct Spot {
  mail::Inbox inbox;
  MessageId id;
  std::string key{};  // the store's own
};

/// A message as an operator finds it: shown by list() or not.
struct Found {
  Spot spot;
  Summary summary;
  bool over_quota = false;  // expired, or above what inbox.max_messages and inbox.max_size allow now
  Time inbox_received{};    // when its inbox last received, by which it expires
  /// Nothing of the summary can be read: it has the id, when the message came at the latest, and its size where the
  /// store has that elsewhere. get() gives corrupt; remove_all() removes it as any other.
  bool damaged = false;
};

/// How far a walk through a store has come. A fresh one is at the begin of all; one with names walks through those
/// only.
struct ScanCursor {
  std::vector<std::string> inboxes{};  // to be read, the next one last
  std::uint64_t next = 0;              // where more names are: the store's own
  bool named = false;                  // there are no more
  bool done() const { return named && inboxes.empty(); }
};

inline constexpr std::size_t kMostSpots = 1000;  // in one remove_all()

struct StoreStats {
  std::uint64_t inboxes = 0;  // that have messages, expired ones not yet removed included
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;      // on disk or in memory, all overhead included
  std::uint64_t wal_bytes = 0;  // SQLite only
};

/// Where a store stands. Opaque.
using ChangeMark = std::array<std::uint64_t, 6>;

/// The inboxes, as a reader sees them: a Store, or a server over HTTP (api/client.h). Thread-safe. Blocking.
///   unavailable, timed_out  there is no answer now, and may be one later. Of a Store that includes one whose file or
///                           server went away while it was open: it is never taken for an empty one, or one message
///   corrupt                 what is stored is damaged, and stays so: of get() that message, of all else the store
class Inboxes {
 public:
  virtual ~Inboxes() = default;
  /// Newest first by arrival; an unknown or expired inbox is empty. All else (get(), remove(), scan() and the caps)
  /// makes no difference between marks. A message whose summary cannot be read is passed over.
  virtual Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) = 0;
  /// not_found for an unknown or expired one.
  virtual Result<Message> get(const mail::Inbox& inbox, const MessageId& id) = 0;
  /// Removes exactly that one, atomically. false: there was none, and nothing changed. over_limit: a log that somebody
  /// who reads holds on to is full; it may be removed later.
  virtual Result<bool> remove(const mail::Inbox& inbox, const MessageId& id) = 0;
};

/// Implementations: memory, sqlite, redis; all pass the contract suite. Thread-safe. Blocking: loops go through the
/// Committer or offload.
class Store : public Inboxes {
 public:
  /// One commit for all; durable and visible to every reader on return. Caps (inbox.max_messages, inbox.max_size) are
  /// applied in the same commit: an inbox never shows more. A delivery whose id an inbox holds already changes nothing
  /// there and succeeds, unless there would be no room for it. Results in the order of the deliveries; a delivery is
  /// stored for all its targets or none.
  ///   over_limit   the store is full, or the source of the delivery holds its share of it (store/fair_share.h)
  ///   unavailable  the disk or server failed, or another process holds the store; nothing was stored
  ///   timed_out    a server did not answer: it may be stored, or will be
  ///   corrupt      the store is damaged; nothing was stored, nor will be before somebody has seen to it. The server
  ///                answers 451: a peer's retry finds the mended store
  virtual std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) = 0;
  /// One bounded step.
  virtual Result<PurgeReport> purge(const PurgeQuery& query) = 0;
  /// The next messages of a walk, whole inboxes, until they are `messages` or a few more; a page may be empty though
  /// the walk is not done. Each page is a short look of its own: nothing is held open in between. What is there from
  /// begin to end is seen once, whatever comes and goes meanwhile (Redis: at least once; twice where the server grows
  /// or shrinks its table of inboxes in between), what comes meanwhile at most once. After a failure the cursor stands
  /// where it stood.
  virtual Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages);
  /// Removes those that are still there, hidden and expired ones too, all in one commit; how many there were. REQUIRES:
  /// at most kMostSpots. How long it takes, and others wait, goes by their bytes too: who calls keeps them small.
  virtual Result<std::size_t> remove_all(std::span<const Spot> spots);
  /// Rids the files of what was removed, as far as the store can: SQLite empties its write-ahead log, Redis drops what
  /// waits to be dropped. false: somebody who reads holds on to it, try again. Deliveries wait some milliseconds.
  virtual Result<bool> scrub();
  virtual Result<StoreStats> stats() = 0;
  /// Of two that are the same nothing was committed in between, by whatever process: list() and get() say the same but
  /// for what expires, and for apply(). nullopt: it cannot be told. Never blocks. Of a file that was replaced under its
  /// name it is that of the old one until the next list() or get().
  virtual std::optional<ChangeMark> change_mark() const { return std::nullopt; }
  /// ok when a delivery would be taken now; of a store that was opened for reading, when it can be read.
  virtual Result<void> ready() = 0;
  /// Between deliveries: keeps logs and caches in their bounds. Called by the Committer's thread. Usually some
  /// milliseconds; up to half a second when a log has to be cut while others read.
  virtual void tend() {}
  /// What about its setup loses mail sooner or later, for the log at the start; empty: nothing known.
  virtual std::vector<std::string> warnings() { return {}; }
  /// What filters have learnt. As long as the store.
  virtual Models& models() { return no_models(); }
  /// New caps after a reload.
  virtual void apply(const InboxSettings& settings) = 0;
};

}  // namespace maildrop::store
