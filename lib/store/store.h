/// store.h: where inboxes are kept. The contract that every backend passes (tests/store/store_contract.h).
#pragma once

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
};

struct Message {
  Summary summary;
  std::string data;        // Return-Path, Received, then every byte as it came
  std::string transcript;  // what was said for it (smtp/transcript.h); empty: not kept, or not told over HTTP
};

/// Data and transcript of a message as they are kept (store/packed_body.h).
struct PackedBody {
  unsigned dictionary = 0;  // 0: not compressed
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
  std::optional<PackedBody> packed{};  // in place of data and transcript, which are empty then
};

/// Newest first, so `offset` 0 is the newest.
struct Query {
  std::size_t limit = SIZE_MAX;
  std::size_t offset = 0;
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

struct StoreStats {
  std::uint64_t inboxes = 0;  // that have messages, expired ones not yet removed included
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;      // on disk or in memory, all overhead included
  std::uint64_t wal_bytes = 0;  // SQLite only
};

/// The inboxes, as a reader sees them: a Store, or a server over HTTP (api/client.h). Thread-safe. Blocking.
class Inboxes {
 public:
  virtual ~Inboxes() = default;
  /// Newest first by arrival; an unknown or expired inbox is empty.
  virtual Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) = 0;
  /// not_found for an unknown or expired one.
  virtual Result<Message> get(const mail::Inbox& inbox, const MessageId& id) = 0;
  /// Removes exactly that one, atomically. false: there was none, and nothing changed.
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
  virtual std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) = 0;
  /// One bounded step.
  virtual Result<PurgeReport> purge(const PurgeQuery& query) = 0;
  virtual Result<StoreStats> stats() = 0;
  /// ok when a delivery would be taken now; of a store that was opened for reading, when it can be read.
  virtual Result<void> ready() = 0;
  /// Between deliveries: keeps logs and caches in their bounds. Called by the Committer's thread. Usually some
  /// milliseconds; up to half a second when a log has to be cut while others read.
  virtual void tend() {}
  /// What about its setup loses mail sooner or later, for the log at the start; empty: nothing known.
  virtual std::vector<std::string> warnings() { return {}; }
  /// New caps after a reload.
  virtual void apply(const InboxSettings& settings) = 0;
};

}  // namespace maildrop::store
