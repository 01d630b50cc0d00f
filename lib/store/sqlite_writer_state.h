/// sqlite_writer_state.h: the statements of the Writer, and what its parts share: sqlite_writer.cc, sqlite_put.cc,
/// sqlite_purge.cc.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/sqlite_writer.h"

namespace maildrop::store::sqlite {

/// A message as far as its removal needs it.
struct Row {
  std::int64_t seq = 0;
  std::int64_t at = 0;
  std::int64_t body = 0;
  bool shared = false;
  std::int64_t size = 0;
};

struct InboxRow {
  bool found = false;
  std::int64_t id = 0;
  std::int64_t last = 0;
  std::int64_t floor = 0;
};

/// The row of `total`, as it will be after the transaction.
struct Totals {
  std::int64_t inboxes = 0;
  std::int64_t messages = 0;
  std::int64_t next_inbox = 1;
  friend bool operator==(const Totals&, const Totals&) = default;
};

struct Writer::State {
  State(Connection c, const Clock& k) : connection(std::move(c)), clock(k), expiry(k) {}

  Result<void> prepare();

  Connection connection;
  const Clock& clock;
  PacedTime expiry;  // what expires goes by it
  std::int64_t page_size = 0;
  std::int64_t max_pages = 0;
  std::uint64_t wal_frames = 0;  // as of the last commit or checkpoint
  std::uint64_t commits = 0;     // that wrote something
  Totals stored;                 // what the database says
  Totals totals;                 // what the transaction has made of it

  Statement begin, commit, rollback;
  Statement find_inbox, add_inbox, hide_inbox, arm_inbox, note_last, drop_inbox, due_inboxes;
  Statement rows, newest_at, oldest_rows, add_message, drop_messages;
  Statement add_body, drop_body, add_shared, release_shared, drop_shared;
  Statement set_totals;

  Result<InboxRow> inbox(std::string_view name);
  /// Removes `rows`, which are all that the inbox has between the first and the last seq of them.
  Result<void> drop(std::int64_t inbox, std::span<const Row> rows);
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

/// One transaction for all of `deliveries`.
Result<void> store_all(Writer::State& state, std::span<const Delivery> deliveries, const Caps& caps);
Result<PurgeReport> purge_step(Writer::State& state, const PurgeQuery& query, const Caps& caps);

}  // namespace maildrop::store::sqlite
