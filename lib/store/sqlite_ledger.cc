/// sqlite_ledger.cc: one table of records, by key, with the order of use in each space and of expiry as its indices;
/// and one of spaces, by name, with what each holds.
#include "store/sqlite_ledger.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "store/ledger_rules.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_side_book.h"

namespace maildrop::store::sqlite {

namespace {

/// `used` counts on with each record of a space that is written: its smallest is the one used longest ago.
constexpr const char* kLedgerSchema = R"(
  CREATE TABLE space(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, records INTEGER NOT NULL);
  CREATE INDEX space_records ON space(records, name);
  CREATE TABLE record(key BLOB NOT NULL PRIMARY KEY, space INTEGER NOT NULL, used INTEGER NOT NULL,
                      until INTEGER NOT NULL, kind INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL,
                      c INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE INDEX record_used ON record(space, used);
  CREATE INDEX record_until ON record(until);
  CREATE TABLE total(id INTEGER PRIMARY KEY, records INTEGER NOT NULL);
  INSERT INTO total VALUES(1, 0);
)";

constexpr SideFile kLedgerFile{"ledger", 0x4d44524c, 2, kLedgerSchema};  // "MDRL"; version 1 had no spaces

struct Statements {
  Statement read, write, erase, count, counted, expired, idle;
  Statement space, new_space, resized, emptied, largest;
};

Result<Statements> prepare(Connection& connection) {
  Statements made;
  made.read = TRY(connection.prepare("SELECT kind, until, a, b, c, value FROM record WHERE key=?1"));
  made.write = TRY(
      connection.prepare("INSERT INTO record VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
                         "ON CONFLICT(key) DO UPDATE SET used=excluded.used, until=excluded.until, kind=excluded.kind, "
                         "a=excluded.a, b=excluded.b, c=excluded.c, value=excluded.value"));
  made.erase = TRY(connection.prepare("DELETE FROM record WHERE key=?1"));
  made.count = TRY(connection.prepare("SELECT records FROM total"));
  made.counted = TRY(connection.prepare("UPDATE total SET records=?1"));
  made.expired = TRY(connection.prepare("SELECT key FROM record WHERE until<=?1 ORDER BY until LIMIT 1"));
  made.idle = TRY(connection.prepare("SELECT key FROM record WHERE space=?1 ORDER BY used LIMIT 1"));
  made.space =
      TRY(connection.prepare("SELECT id, (SELECT coalesce(max(used), 0) FROM record WHERE record.space=space.id) "
                             "FROM space WHERE name=?1"));
  made.new_space = TRY(connection.prepare("INSERT INTO space(name, records) VALUES(?1, 0)"));
  made.resized = TRY(connection.prepare("UPDATE space SET records=records+?2 WHERE id=?1"));
  made.emptied = TRY(connection.prepare("DELETE FROM space WHERE records<=0"));
  made.largest = TRY(connection.prepare("SELECT id, records FROM space ORDER BY records DESC, name DESC"));
  return made;
}

Result<std::int64_t> number_of(Statement& statement) {
  Cursor cursor(statement);
  if (!TRY(cursor->step())) return fail(Code::corrupt, "no row");
  return cursor->integer(0);
}

Result<void> begin_to_write(Connection& connection) {
  TRY(connection.exec("PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4096; PRAGMA journal_size_limit=4194304"));
  // The counts are kept by all; here they are made sure of, and the table is seen to be readable.
  return connection.exec(
      "BEGIN IMMEDIATE; "
      "UPDATE space SET records=(SELECT count(*) FROM record WHERE record.space=space.id); "
      "UPDATE total SET records=(SELECT coalesce(sum(records), 0) FROM space); COMMIT");
}

/// An open file.
class LedgerRows {
 public:
  static Result<LedgerRows> open(const std::string& path, FileUse use) {
    Connection connection = TRY(open_side_file(kLedgerFile, path, use));
    if (use != FileUse::read) TRY(begin_to_write(connection));
    Statements statements = TRY(prepare(connection));
    return LedgerRows(std::move(connection), std::move(statements));
  }

  bool has_moved() const { return connection_.has_moved(); }

  Result<std::vector<Answer>> carry_out(std::span<const LedgerTask> tasks, const Clock& clock, std::size_t most,
                                        std::size_t steps, LedgerStats& stats) {
    const bool writes = steps > 0;
    if (connection_.in_transaction()) TRY(connection_.exec("ROLLBACK"));  // memory was out in the middle of one
    TRY(connection_.exec(writes ? "BEGIN IMMEDIATE" : "BEGIN"));
    LedgerStats done = stats;
    Result<std::vector<Answer>> answers = within(tasks, clock.now(), writes, most, steps, done);
    if (answers) {
      if (const Result<void> ended = connection_.exec("COMMIT"); !ended) answers = tl::unexpected(ended.error());
    }
    if (!answers) {
      if (connection_.in_transaction()) static_cast<void>(connection_.exec("ROLLBACK"));
      return answers;
    }
    stats = done;
    return answers;
  }

 private:
  /// One that this batch has to do with.
  struct Space {
    std::int64_t id = 0;
    std::int64_t used = 0;  // last
    std::int64_t more = 0;  // records than its row says
  };

  LedgerRows(Connection connection, Statements statements)
      : connection_(std::move(connection)), statements_(std::move(statements)) {}

  Result<std::vector<Answer>> within(std::span<const LedgerTask> tasks, Time now, bool writes, std::size_t most,
                                     std::size_t steps, LedgerStats& stats) {
    const std::int64_t before = TRY(number_of(statements_.count));
    records_ = before;
    spaces_.clear();  // others have written since
    std::vector<Answer> answers;
    answers.reserve(tasks.size());
    for (const LedgerTask& task : tasks) answers.push_back(TRY(carry_out(task, now)));
    if (writes) {
      TRY(shrink(now, most, steps, stats));
      if (records_ != before) TRY(statements_.counted.bind(1, records_).run());
    }
    stats.records = static_cast<std::uint64_t>(records_);
    return answers;
  }

  Result<Answer> carry_out(const LedgerTask& task, Time now) {
    std::optional<LedgerRecord> record = TRY(read(task.key));
    const bool is_new = !record;
    LedgerChange change{};
    Answer answer = apply(task, now, record, change);
    if (change == LedgerChange::erase) TRY(erase(task.key));
    if (change == LedgerChange::write) TRY(write(task.key, *record, is_new));
    return answer;
  }

  Result<std::optional<LedgerRecord>> read(std::string_view key) {
    Cursor row(statements_.read.bind_blob(1, key));
    if (!TRY(row->step())) return std::nullopt;
    return LedgerRecord{row->integer(0), row->integer(1), row->integer(2),
                        row->integer(3), row->integer(4), std::string(row->bytes(5))};
  }

  Result<void> write(std::string_view key, const LedgerRecord& record, bool is_new) {
    Space& space = *TRY(find_space(key));
    if (is_new) ++space.more, ++records_;
    statements_.write.bind_blob(1, key).bind(2, space.id).bind(3, ++space.used).bind(4, record.until);
    statements_.write.bind(5, record.kind).bind(6, record.a).bind(7, record.b).bind(8, record.c);
    return statements_.write.bind_blob(9, record.value).run();
  }

  Result<void> erase(std::string_view key) {
    Space& space = *TRY(find_space(key));
    TRY(statements_.erase.bind_blob(1, key).run());
    --space.more, --records_;
    return {};
  }

  /// That of a key; a new one gets its row.
  Result<Space*> find_space(std::string_view key) {
    const std::string_view name = space_of(key);
    if (const auto known = spaces_.find(name); known != spaces_.end()) return &known->second;
    Space space;
    Cursor row(statements_.space.bind_blob(1, name));
    if (TRY(row->step())) {
      space = {row->integer(0), row->integer(1)};
    } else {
      TRY(statements_.new_space.bind_blob(1, name).run());
      space.id = connection_.last_insert_rowid();
    }
    return &spaces_.emplace(name, space).first->second;
  }

  /// What the spaces hold now goes into their rows.
  Result<void> settle() {
    bool any = false;
    for (auto& [name, space] : spaces_) {
      if (space.more == 0) continue;
      any = true;
      TRY(statements_.resized.bind(1, space.id).bind(2, space.more).run());
      space.more = 0;
    }
    return any ? statements_.emptied.run() : Result<void>();
  }

  /// Those that hold most and as many, `up_to` of them, and how many more than the next one.
  struct Largest {
    std::vector<std::int64_t> spaces;
    std::size_t lead = 0;
  };
  Result<Largest> find_largest(std::size_t up_to) {
    Largest found;
    std::int64_t most = 0;
    std::int64_t next = 0;
    for (Cursor row(statements_.largest); TRY(row->step()); next = 0) {
      next = row->integer(1);
      if (found.spaces.empty()) most = next;
      if (next < most || found.spaces.size() == up_to) break;
      found.spaces.push_back(row->integer(0));
    }
    found.lead = static_cast<std::size_t>(std::max<std::int64_t>(most - next, 1));
    return found;
  }

  /// As Ledger::run() says; `steps` of both together.
  Result<void> shrink(Time now, std::size_t most, std::size_t steps, LedgerStats& stats) {
    for (; steps > 0; --steps, ++stats.expired) {
      const std::optional<std::string> key = TRY(next(statements_.expired.bind(1, to_millis(now))));
      if (!key) break;
      TRY(erase(*key));
    }
    TRY(settle());
    while (steps > 0 && records_ > static_cast<std::int64_t>(most)) {
      const std::size_t surplus = std::min(static_cast<std::size_t>(records_) - most, steps);
      const Largest largest = TRY(find_largest(surplus));
      if (largest.spaces.empty()) return fail(Code::corrupt, "records in no space");
      const std::size_t share = std::clamp<std::size_t>(surplus / largest.spaces.size(), 1, largest.lead);
      for (const std::int64_t space : largest.spaces) TRY(evict(space, share));
      TRY(settle());
      steps -= share * largest.spaces.size();
      stats.evicted += share * largest.spaces.size();
    }
    return {};
  }

  Result<void> evict(std::int64_t space, std::size_t records) {
    for (; records > 0; --records) {
      const std::optional<std::string> key = TRY(next(statements_.idle.bind(1, space)));
      if (!key) return fail(Code::corrupt, "a space that holds less than its row says");
      TRY(erase(*key));
    }
    return {};
  }

  static Result<std::optional<std::string>> next(Statement& statement) {
    Cursor row(statement);
    if (!TRY(row->step())) return std::nullopt;
    return std::string(row->bytes(0));
  }

  Connection connection_;
  Statements statements_;  // after their connection: finalised first
  std::int64_t records_ = 0;
  std::map<std::string, Space, std::less<>> spaces_;
};

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(std::string path, FileUse use, const Clock& clock, std::size_t most)
      : Ledger(most), clock_(clock), book_(kLedgerFile, std::move(path), use) {}

  LedgerStats stats() const override {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 protected:
  Result<std::vector<Answer>> carry_out(std::span<const LedgerTask> tasks) override {
    const std::lock_guard lock(mutex_);
    return book_.run([&](LedgerRows& book) { return book.carry_out(tasks, clock_, most(), removals(tasks), stats_); });
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  SideBook<LedgerRows> book_;
  LedgerStats stats_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> open_ledger(const OpenOptions& options) {
  return std::make_unique<SqliteLedger>(TRY(path_beside(options, kLedgerFile)), use_of(options), *options.clock,
                                        options.ledger);
}

}  // namespace maildrop::store::sqlite
