/// sqlite_writer_state.h: the statements of the Writer, and what its parts share: sqlite_writer.cc, sqlite_put.cc,
/// sqlite_purge.cc, sqlite_room.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/news.h"
#include "store/sqlite_room.h"
#include "store/sqlite_writer.h"

namespace maildrop::store::sqlite {

/// A message as far as its removal needs it.
struct Row {
  std::int64_t seq = 0;
  std::int64_t at = 0;
  std::int64_t body = 0;
  bool shared = false;
  std::int64_t size = 0;
  Source source{};
  std::int64_t charge = 0;
};

#define MAILDROP_ROW_COLUMNS "seq, at, body, shared, size, source, charge"
inline constexpr int kRowColumns = 7;
/// Of a statement whose first columns those are.
Row row_of(Cursor& cursor);

struct InboxRow {
  bool found = false;
  std::int64_t id = 0;
  std::int64_t last = 0;
  std::int64_t floor = 0;
};

/// The row of `total`, as it will be after the transaction.
struct StoredTotals {
  std::int64_t inboxes = 0;
  std::int64_t messages = 0;
  std::int64_t next_inbox = 1;
  Changes changes{};
  friend bool operator==(const StoredTotals&, const StoredTotals&) = default;
};

struct Writer::State {
  State(Connection c, const Clock& k, int level) : connection(std::move(c)), clock(k), expiry(k), compression(level) {}

  Result<void> prepare();

  Connection connection;
  const Clock& clock;
  PacedTime expiry;       // what expires goes by it
  const int compression;  // level
  std::int64_t page_size = 0;
  std::int64_t max_pages = 0;
  std::uint64_t wal_frames = 0;  // as of the last commit or checkpoint
  std::uint64_t commits = 0;     // that wrote something
  StoredTotals stored;           // what the database says
  StoredTotals totals;           // what the transaction has made of it
  std::optional<Room> room;      // once it is known how large it is

  Statement begin, commit, rollback;
  Statement find_inbox, add_inbox, hide_inbox, arm_inbox, note_last, drop_inbox, due_inboxes, inbox_name;
  Statement rows, one_row, newest_at, oldest_rows, add_message, drop_messages;
  Statement scan_messages, scan_shared;
  Statement page_count, freelist_count;
  Statement add_body, drop_body, add_shared, release_shared, drop_shared;
  Statement set_totals;

  Result<InboxRow> inbox(std::string_view name);
  /// Removes `rows`, which are all that the inbox has between the first and the last seq of them.
  Result<void> drop(std::int64_t inbox, std::span<const Row> rows);
  /// An inbox without messages goes: nobody can tell it from one that never was.
  Result<void> close(std::string_view name);
  Result<bool> is_empty(std::int64_t inbox);
  /// Bytes that may still be written.
  Result<std::int64_t> free();
  /// false: it is not there any more.
  Result<bool> evict(Place place, std::int64_t at, Source source);
  std::int64_t now() const { return to_millis(clock.now()); }
  std::int64_t expiry_now() { return to_millis(expiry.now()); }
};

/// BEGIN IMMEDIATE to COMMIT; rolled back when it goes out of scope before.
class Transaction {
 public:
  static Result<Transaction> begin(Writer::State& state);
  Transaction(Transaction&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  /// Durable on success.
  Result<void> commit();

 private:
  explicit Transaction(Writer::State& state) : state_(&state) {}
  Writer::State* state_;
};

/// Deliveries, and what each of them is when it is kept.
struct Mail {
  std::span<const Delivery> deliveries;
  std::span<const PackedBody* const> bodies;
  std::span<const std::vector<std::string>> summaries;  // packed, one for each target

  std::size_t size() const { return deliveries.size(); }
  Mail only(std::size_t at) const {
    return {deliveries.subspan(at, 1), bodies.subspan(at, 1), summaries.subspan(at, 1)};
  }
};

/// Deliveries by their place in a batch, and why they were not stored.
using Refusals = std::unordered_map<std::size_t, std::string>;
/// One transaction for all that may be stored.
Result<Refusals> store_all(Writer::State& state, const Mail& mail, const Caps& caps);
Result<PurgeReport> purge_step(Writer::State& state, const PurgeQuery& query, const Caps& caps);
/// What must go, at most so much of it, of inboxes that have not received since `expired`.
Result<PurgeReport> expire(Writer::State& state, std::size_t messages, std::int64_t bytes, std::int64_t expired);

inline constexpr std::int64_t kStepBytes = 4 << 20;  // removed in one step: freed pages go through the WAL, too

}  // namespace maildrop::store::sqlite
