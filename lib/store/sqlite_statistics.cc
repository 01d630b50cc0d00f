/// sqlite_statistics.cc: one table of hours and series. The totals are those of an hour of their own.
#include "store/sqlite_statistics.h"

#include <limits>
#include <mutex>
#include <utility>

#include "store/sqlite_side_book.h"

namespace maildrop::store::sqlite {

namespace {

constexpr Hour kEver = std::numeric_limits<Hour>::min();  // the totals'

constexpr const char* kStatisticsSchema = R"(
  CREATE TABLE counted(hour INTEGER NOT NULL, series BLOB NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(hour, series))
    WITHOUT ROWID;
  CREATE TABLE began(id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
)";

constexpr SideFile kStatisticsFile{"statistics", 0x4d445354, 1, kStatisticsSchema};  // "MDST"

/// An open file.
class StatisticsRows {
 public:
  static Result<StatisticsRows> open(const std::string& path, FileUse use) {
    Connection connection = TRY(open_side_file(kStatisticsFile, path, use));
    if (use != FileUse::read)
      TRY(connection.exec("PRAGMA synchronous=NORMAL; PRAGMA cache_size=-1024; PRAGMA journal_size_limit=1048576"));
    StatisticsRows book(std::move(connection));
    TRY(book.prepare());
    return book;
  }

  bool has_moved() const { return connection_.has_moved(); }

  Result<void> add(std::span<const Count> counts, Time now, Hour kept) {
    if (connection_.in_transaction()) TRY(connection_.exec("ROLLBACK"));  // memory was out in the middle of one
    TRY(connection_.exec("BEGIN IMMEDIATE"));
    Result<void> done = within(counts, now, kept);
    if (done) done = connection_.exec("COMMIT");
    if (!done && connection_.in_transaction()) static_cast<void>(connection_.exec("ROLLBACK"));
    return done;
  }

  Result<Numbers> read(Hour from, Hour to) {
    if (connection_.in_transaction()) TRY(connection_.exec("ROLLBACK"));
    TRY(connection_.exec("BEGIN"));  // one snapshot
    Result<Numbers> numbers = look(from, to);
    TRY(connection_.exec("COMMIT"));
    return numbers;
  }

 private:
  explicit StatisticsRows(Connection connection) : connection_(std::move(connection)) {}

  Result<void> prepare() {
    began_ = TRY(connection_.prepare("SELECT at FROM began"));
    begin_ = TRY(connection_.prepare("INSERT OR IGNORE INTO began VALUES(1, ?1)"));
    held_ = TRY(connection_.prepare("SELECT count(*), total(series=?2) FROM counted WHERE hour=?1"));
    add_ = TRY(connection_.prepare("INSERT INTO counted VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET n=n+excluded.n"));
    // By groups: in a subquery for one value SQLite 3.40 counts OFFSET in rows, whatever is DISTINCT.
    forget_ = TRY(connection_.prepare(
        "DELETE FROM counted WHERE hour>?1 AND (hour<=?3 OR hour<=(SELECT hour FROM counted WHERE hour>?1 "
        "GROUP BY hour ORDER BY hour DESC LIMIT 1 OFFSET ?2))"));
    read_ = TRY(connection_.prepare("SELECT hour, series, n FROM counted WHERE hour BETWEEN ?1 AND ?2"));
    return {};
  }

  Result<void> within(std::span<const Count> counts, Time now, Hour kept) {
    TRY(begin_.bind(1, to_millis(now)).run());
    bool new_hour = false;
    for (const Count& each : counts) {
      const bool first = TRY(count(each.hour, each.series, each.n));
      new_hour = new_hour || first;
      TRY(count(kEver, each.series, each.n));
    }
    if (!new_hour) return {};
    return forget_.bind(1, kEver).bind(2, kept).bind(3, newest_of(counts).value_or(kEver + kept) - kept).run();
  }

  /// Whether it is the first one of the hour.
  Result<bool> count(Hour hour, std::string_view name, std::uint64_t n) {
    name = series::fitting(name);
    std::int64_t held = 0;
    {
      Cursor row(held_.bind(1, hour).bind_blob(2, name));
      TRY(row->step());
      held = row->integer(0);
      if (row->integer(1) == 0 && held + 1 >= static_cast<std::int64_t>(Statistics::kMostSeries)) name = series::kOther;
    }
    TRY(add_.bind(1, hour).bind_blob(2, name).bind(3, static_cast<std::int64_t>(n)).run());
    return held == 0;
  }

  Result<Numbers> look(Hour from, Hour to) {
    Numbers numbers;
    {
      Cursor row(began_);
      if (TRY(row->step())) numbers.since = from_millis(row->integer(0));
    }
    for (Cursor row(read_.bind(1, kEver).bind(2, kEver)); TRY(row->step());)
      numbers.totals.emplace(row->bytes(1), static_cast<std::uint64_t>(row->integer(2)));
    for (Cursor row(read_.bind(1, from).bind(2, to)); TRY(row->step());)
      numbers.counts.push_back(
          {row->integer(0), std::string(row->bytes(1)), static_cast<std::uint64_t>(row->integer(2))});
    return numbers;
  }

  Connection connection_;
  Statement began_, begin_, held_, add_, forget_, read_;  // after their connection: finalised first
};

class SqliteStatistics final : public Statistics {
 public:
  SqliteStatistics(std::string path, FileUse use, const Clock& clock, Hour kept)
      : clock_(clock), kept_(kept), book_(kStatisticsFile, std::move(path), use) {}

  /// A transaction that fails leaves nothing, so the number is of no use.
  Result<void> add(std::span<const Count> counts, std::uint64_t) override {
    const std::lock_guard lock(mutex_);
    return book_.run([&](StatisticsRows& book) { return book.add(counts, clock_.now(), kept_); });
  }

  Result<Numbers> read(Hour from, Hour to) override {
    const std::lock_guard lock(mutex_);
    Result<Numbers> numbers = book_.run([&](StatisticsRows& book) { return book.read(from, to); });
    if (!numbers && numbers.error().code == Code::not_found) return Numbers{};
    return numbers;
  }

 private:
  const Clock& clock_;
  const Hour kept_;
  std::mutex mutex_;
  SideBook<StatisticsRows> book_;
};

}  // namespace

Result<std::unique_ptr<Statistics>> open_statistics(const OpenOptions& options) {
  return std::make_unique<SqliteStatistics>(TRY(path_beside(options, kStatisticsFile)), use_of(options), *options.clock,
                                            hours_kept(options.settings.statistics_age));
}

}  // namespace maildrop::store::sqlite
