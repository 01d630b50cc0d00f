/// sqlite_writer.cc: opening, transactions, removal, and the care of the file.
#include "store/sqlite_writer.h"

#include <sqlite3.h>

#include <algorithm>

#include "store/fair_share.h"
#include "store/packed_body.h"
#include "store/packed_summary.h"
#include "store/sqlite_file.h"
#include "store/sqlite_writer_state.h"

namespace maildrop::store::sqlite {

namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kWriterCachePages = 8 * kMiB / kPageSize;  // the inner pages of all trees, and a batch
constexpr std::int64_t kFrameHeader = 24;                         // of a page in the WAL
constexpr std::int64_t kLeastPages = 24;                          // of store.max_size: the trees themselves need twelve
constexpr std::int64_t kVacuumPages = kMiB / kPageSize;           // given back in one portion: a few milliseconds
constexpr std::int64_t kKeptPages =
    kMiB / kPageSize;  // and so many, and an eighth of the file, stay free for what comes
constexpr std::int64_t kFullPages = kMiB / kPageSize;  // below it, or a 32nd of the store, it counts as full
constexpr std::chrono::milliseconds kRestartWait{10};  // for readers to leave the WAL, within a put()
constexpr std::chrono::milliseconds kCutWait{100};     // and within a tend()

int on_commit(void* of, sqlite3*, const char*, int in_wal) {
  auto& state = *static_cast<Writer::State*>(of);
  state.wal_frames = static_cast<std::uint64_t>(in_wal);
  ++state.commits;
  return SQLITE_OK;
}

/// Below store.deadline, so that the answer is still ours to give.
std::chrono::milliseconds busy_timeout(const StoreSettings& settings) {
  return std::clamp<std::chrono::milliseconds>(settings.deadline * 5 / 6, Millis(1), Millis(1500));
}

struct Sql {
  Statement Writer::State::*statement;
  const char* text;
};

using S = Writer::State;

}  // namespace

Result<void> Writer::State::prepare() {
  const Sql table[] = {
      {&S::begin, "BEGIN IMMEDIATE"},
      {&S::commit, "COMMIT"},
      {&S::rollback, "ROLLBACK"},
      {&S::find_inbox, "SELECT id, last, floor FROM inbox WHERE name=?1"},
      {&S::add_inbox, "INSERT INTO inbox(name, id, last, floor, due) VALUES(?1, ?2, ?3, 0, ?3)"},
      {&S::hide_inbox, "UPDATE inbox SET floor=?2, due=0 WHERE name=?1"},
      {&S::arm_inbox, "UPDATE inbox SET due=?2 WHERE name=?1"},
      {&S::note_last, "UPDATE inbox SET last=?2 WHERE name=?1"},
      {&S::drop_inbox, "DELETE FROM inbox WHERE name=?1"},
      {&S::due_inboxes, "SELECT name, id, last, floor, due FROM inbox WHERE due<=?1 ORDER BY due LIMIT ?2"},
      {&S::inbox_name, "SELECT name FROM inbox WHERE id=?1"},
      {&S::rows, "SELECT " MAILDROP_ROW_COLUMNS ", id FROM message WHERE inbox=?1 AND seq>?2 ORDER BY seq"},
      {&S::one_row, "SELECT " MAILDROP_ROW_COLUMNS ", id FROM message WHERE inbox=?1 AND seq=?2"},
      {&S::newest_at, "SELECT at FROM message WHERE inbox=?1 ORDER BY seq DESC LIMIT 1"},
      {&S::oldest_rows,
       "SELECT " MAILDROP_ROW_COLUMNS " FROM message WHERE inbox=?1 AND seq<=?2 ORDER BY seq LIMIT ?3"},
      {&S::add_message,
       "INSERT INTO message(inbox, seq, id, at, body, shared, size, summary, source, charge) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&S::drop_messages, "DELETE FROM message WHERE inbox=?1 AND seq>=?2 AND seq<=?3"},
      {&S::add_body, "INSERT INTO body(dictionary, data) VALUES(?1, ?2)"},
      {&S::drop_body,
       "DELETE FROM body WHERE id>=?1 AND id<ifnull((SELECT id FROM body WHERE id>?1 AND dictionary>=0 "
       "ORDER BY id LIMIT 1), 9223372036854775807)"},
      {&S::add_shared, "INSERT INTO shared(body, inboxes, source, charge) VALUES(?1, ?2, ?3, ?4)"},
      {&S::release_shared, "UPDATE shared SET inboxes=inboxes-1 WHERE body=?1 RETURNING inboxes, charge"},
      {&S::drop_shared, "DELETE FROM shared WHERE body=?1"},
      {&S::scan_messages,
       "SELECT inbox, seq, at, source, charge FROM message WHERE (inbox, seq)>(?1, ?2) ORDER BY inbox, seq LIMIT ?3"},
      {&S::scan_shared, "SELECT body, source, charge FROM shared WHERE body>?1 ORDER BY body LIMIT ?2"},
      {&S::page_count, "PRAGMA page_count"},
      {&S::freelist_count, "PRAGMA freelist_count"},
      {&S::set_totals, "UPDATE total SET inboxes=?1, messages=?2, next_inbox=?3, changes=?4, changed=?5 WHERE id=1"},
  };
  for (const Sql& each : table) this->*each.statement = TRY(connection.prepare(each.text));
  return {};
}

Result<InboxRow> Writer::State::inbox(std::string_view name) {
  Cursor cursor(find_inbox);
  cursor->bind_text(1, name);
  if (!TRY(cursor->step())) return InboxRow{};
  return InboxRow{true, cursor->integer(0), cursor->integer(1), cursor->integer(2)};
}

Result<void> Writer::State::drop(std::int64_t inbox, std::span<const Row> gone) {
  if (gone.empty()) return {};
  TRY(drop_messages.bind(1, inbox).bind(2, gone.front().seq).bind(3, gone.back().seq).run());
  totals.messages -= static_cast<std::int64_t>(gone.size());
  for (const Row& row : gone) {
    room->message({inbox, row.seq}, row.source, -row.charge);
    if (row.shared) {
      Cursor cursor(release_shared);
      cursor->bind(1, row.body);
      std::int64_t left = 0, charge = 0;
      while (TRY(cursor->step())) {
        left = cursor->integer(0);
        charge = cursor->integer(1);
      }
      if (left > 0) continue;
      room->shared_body(row.body, row.source, -charge);
      TRY(drop_shared.bind(1, row.body).run());
    }
    TRY(drop_body.bind(1, row.body).run());
  }
  return {};
}

Result<void> Writer::State::close(std::string_view name) {
  --totals.inboxes;
  return drop_inbox.bind_text(1, name).run();
}

Result<bool> Writer::State::is_empty(std::int64_t inbox) {
  Cursor cursor(newest_at);
  cursor->bind(1, inbox);
  return !TRY(cursor->step());
}

Result<std::int64_t> Writer::State::free() {
  Cursor pages(page_count), unused(freelist_count);
  if (!TRY(pages->step()) || !TRY(unused->step())) return fail(Code::internal, "no page count");
  return std::max<std::int64_t>(max_pages - pages->integer(0) + unused->integer(0), 0) * page_size;
}

Result<bool> Writer::State::evict(Place place, std::int64_t at, Source source) {
  Row found;
  {
    Cursor cursor(one_row);
    cursor->bind(1, place.inbox).bind(2, place.seq);
    if (!TRY(cursor->step())) return false;
    found = row_of(cursor);
  }
  if (found.at != at || found.source != source) return false;
  TRY(drop(place.inbox, {&found, 1}));
  std::int64_t newest = INT64_MIN;
  {
    Cursor cursor(newest_at);
    cursor->bind(1, place.inbox);
    if (TRY(cursor->step())) newest = cursor->integer(0);
  }
  if (newest >= found.at) return true;
  std::string name;
  {
    Cursor cursor(inbox_name);
    cursor->bind(1, place.inbox);
    if (TRY(cursor->step())) name = cursor->bytes(0);
  }
  if (newest == INT64_MIN) {
    TRY(close(name));
  } else if (TRY(this->inbox(name)).last < found.at) {
    TRY(note_last.bind_text(1, name).bind(2, found.at).run());
  }
  return true;
}

Row row_of(Cursor& cursor) {
  return {cursor->integer(0), cursor->integer(1),         cursor->integer(2), cursor->integer(3) != 0,
          cursor->integer(4), Source(cursor->integer(5)), cursor->integer(6)};
}

Result<Transaction> Transaction::begin(Writer::State& state) {
  TRY(state.begin.run());
  state.totals = state.stored;
  state.room->begin();
  return Transaction(state);
}

Transaction::~Transaction() {
  if (!state_ || !state_->connection.in_transaction()) return;
  // A failure that has rolled back by itself is not there any more; anything else leaves nothing to be done.
  [[maybe_unused]] const auto ignored = state_->rollback.run();
}

Result<void> Transaction::commit() {
  Writer::State& state = *state_;
  const StoredTotals& totals = state.totals;
  if (totals != state.stored) {
    TRY(state.set_totals.bind(1, totals.inboxes)
            .bind(2, totals.messages)
            .bind(3, totals.next_inbox)
            .bind(4, static_cast<std::int64_t>(totals.changes.count()))
            .bind_blob(5, totals.changes.marks())
            .run());
  }
  TRY(state.commit.run());
  state.stored = totals;
  state.room->committed();
  return {};
}

StoreSettings within_max_size(StoreSettings settings) {
  settings.wal_size = std::min(settings.wal_size, settings.max_size / 16);
  return settings;
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::string& path, const StoreSettings& settings,
                                             const Clock& clock) {
  auto state = std::make_unique<State>(TRY(open_again(path, busy_timeout(settings), LogWrites::gathered)), clock,
                                       settings.compression);
  Connection& connection = state->connection;
  TRY(connection.exec("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=" +
                      std::to_string(kWriterCachePages)));
  state->page_size = TRY(connection.number("PRAGMA page_size"));
  const auto file = static_cast<std::int64_t>(settings.max_size - 2 * settings.wal_size);
  const std::int64_t wanted = std::max(file / state->page_size, kLeastPages);
  state->max_pages = TRY(connection.number("PRAGMA max_page_count=" + std::to_string(wanted)));
  // No automatic checkpoints: they stall commits. The hook replaces them and counts.
  sqlite3_wal_hook(connection.handle(), on_commit, state.get());
  TRY(state->prepare());
  Statement totals =
      TRY(connection.prepare("SELECT inboxes, messages, next_inbox, changes, changed FROM total WHERE id=1"));
  if (!TRY(totals.step())) return fail(Code::corrupt, "store '" + path + "' has lost its totals");
  state->stored = StoredTotals{totals.integer(0), totals.integer(1), totals.integer(2),
                               Changes(static_cast<std::uint64_t>(totals.integer(3)), totals.bytes(4))};
  state->room.emplace(static_cast<std::uint64_t>(state->max_pages * state->page_size));
  // Of a store that is damaged there is still something to be read: who writes hears of it.
  [[maybe_unused]] const auto counted = state->room->start(*state);
  return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

std::vector<Result<MessageId>> Writer::put(std::span<const Delivery> deliveries, const Caps& caps) {
  std::vector<Result<MessageId>> results;
  results.reserve(deliveries.size());
  const PackedBodies bodies(deliveries, state_->compression);
  std::vector<std::vector<std::string>> summaries(deliveries.size());
  for (std::size_t i = 0; i < deliveries.size(); ++i)
    for (const Delivery::Target& target : deliveries[i].targets)
      summaries[i].push_back(pack(deliveries[i].summary, target.to, state_->compression > 0));
  const Mail mail{deliveries, bodies.all(), summaries};
  const Result<Refusals> all = store_all(*state_, mail, caps);
  // A delivery too large for what is left must not take the others with it: then each for itself.
  const bool split = !all && all.error().code == Code::over_limit && deliveries.size() > 1;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const Result<Refusals> one = split ? store_all(*state_, mail.only(i), caps) : all;
    const auto refused = one ? one->find(split ? 0 : i) : Refusals::const_iterator();
    if (!one) {
      results.emplace_back(tl::unexpected(Error{one.error().code, "cannot store a message: " + one.error().what}));
    } else if (refused != one->end()) {
      results.emplace_back(fail(Code::over_limit, refused->second));
    } else {
      results.emplace_back(deliveries[i].summary.id);
    }
  }
  return results;
}

Result<bool> Writer::remove(const mail::Inbox& inbox, const MessageId& id, const Caps& caps) {
  State& state = *state_;
  Transaction transaction = TRY(Transaction::begin(state));
  const InboxRow box = TRY(state.inbox(inbox.name()));
  if (!box.found) return false;
  std::vector<Row> rows;
  std::size_t at = SIZE_MAX;
  {
    Cursor cursor(state.rows);
    cursor->bind(1, box.id).bind(2, box.floor);
    while (TRY(cursor->step())) {
      if (cursor->bytes(kRowColumns) == id.text()) at = rows.size();
      rows.push_back(row_of(cursor));
    }
  }
  if (at == SIZE_MAX || rows.size() - at > caps.messages) return false;
  const std::int64_t last = std::max(box.last, rows.back().at);
  if (last <= state.now() - caps.age.count()) return false;
  const bool newest = at + 1 == rows.size();
  if (newest && last != box.last) TRY(state.note_last.bind_text(1, inbox.name()).bind(2, last).run());
  TRY(state.drop(box.id, {&rows[at], 1}));
  state.totals.changes.add(inbox.name());
  if (rows.size() == 1 && TRY(state.is_empty(box.id))) TRY(state.close(inbox.name()));
  TRY(transaction.commit());
  return true;
}

Result<PurgeReport> Writer::purge(const PurgeQuery& query, const Caps& caps) {
  PurgeReport report = TRY(purge_step(*state_, query, caps));
  if (!report.more) TRY(state_->room->step(*state_, query.messages - report.removed, caps, report));
  return report;
}

Result<void> Writer::probe() {
  Transaction transaction = TRY(Transaction::begin(*state_));
  ++state_->totals.next_inbox;  // what does not change SQLite does not write; and numbers there are enough
  return transaction.commit();
}

Result<bool> Writer::vacuum() {
  Connection& connection = state_->connection;
  const std::int64_t pages = TRY(connection.number("PRAGMA page_count"));
  const std::int64_t unused = TRY(connection.number("PRAGMA freelist_count"));
  const std::int64_t portion = std::min(kVacuumPages, unused - kKeptPages - pages / 8);
  if (portion <= 0) return false;
  // By exec: stepping this pragma would free one page a step.
  TRY(connection.exec("PRAGMA incremental_vacuum(" + std::to_string(portion) + ")"));
  return true;
}

Result<bool> Writer::is_full() {
  return TRY(state_->free()) < std::min(kFullPages, state_->max_pages / 32) * state_->page_size;
}

Result<void> Writer::empty_wal(Reset reset) {
  const bool cut = reset == Reset::truncate;
  return checkpoint(cut ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART, cut ? kCutWait : kRestartWait);
}

Result<bool> Writer::scrub() {
  TRY(checkpoint(SQLITE_CHECKPOINT_TRUNCATE, kRestartWait));
  return state_->wal_frames == 0;
}

Result<void> Writer::checkpoint(int mode, std::chrono::milliseconds patience) {
  Connection& connection = state_->connection;
  const std::int64_t usual = TRY(connection.number("PRAGMA busy_timeout"));
  connection.busy_timeout(patience);
  int frames = -1;
  const int code = sqlite3_wal_checkpoint_v2(connection.handle(), "main", mode, &frames, nullptr);
  const Error error = connection.error(code);
  connection.busy_timeout(std::chrono::milliseconds(usual));
  if (frames >= 0) state_->wal_frames = code == SQLITE_OK ? 0 : static_cast<std::uint64_t>(frames);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return tl::unexpected(error);
  return {};
}

std::uint64_t Writer::wal_bytes() const {
  return state_->wal_frames * static_cast<std::uint64_t>(state_->page_size + kFrameHeader);
}

std::uint64_t Writer::commits() const { return state_->commits; }

bool Writer::has_moved() const { return state_->connection.has_moved(); }

}  // namespace maildrop::store::sqlite
