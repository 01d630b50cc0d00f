/// sqlite_connection.h: SQLite's handles as values that close themselves, and its errors as ours.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace maildrop::store::sqlite {

/// A prepared statement. Not thread-safe. Bound text and blobs are not copied: they must live until the statement is
/// reset. A statement left unreset holds a read snapshot, and the WAL cannot shrink under it: use a Cursor or run().
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  Statement& bind(int index, std::int64_t value);
  Statement& bind_text(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);

  /// true: there is a row.
  Result<bool> step();
  /// For statements without rows: steps to the end and resets.
  Result<void> run();
  void reset();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  /// Text or blob; valid until the next step or reset.
  std::string_view bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Error error(int code) const;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of the scope.
class Cursor {
 public:
  explicit Cursor(Statement& statement) : statement_(statement) {}
  ~Cursor() { statement_.reset(); }
  Cursor(const Cursor&) = delete;
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

/// `gathered`: see gathering_vfs(), REQUIRES that PRAGMA synchronous is FULL before the first write.
enum class LogWrites { single, gathered };

/// One connection to a database file that exists. Not thread-safe.
class Connection {
 public:
  /// Runs the pragmas that every connection needs, then `busy_timeout`.
  static Result<Connection> open(const std::string& path, std::chrono::milliseconds busy_timeout,
                                 LogWrites log_writes = LogWrites::single);
  /// One that cannot write to it. `alone`: nobody has it open, and there is no log: then no file is made beside it;
  /// what others write from then on may come to be seen, or be taken for damage.
  static Result<Connection> open_to_read(const std::string& path, std::chrono::milliseconds busy_timeout, bool alone);

  Result<void> exec(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row: pragmas, counts.
  Result<std::int64_t> number(std::string_view sql);
  void busy_timeout(std::chrono::milliseconds limit);
  std::int64_t last_insert_rowid() const;
  bool in_transaction() const;
  /// The file is no longer the one under its name: what is written now nobody will find.
  bool has_moved() const;
  /// The last error of this connection, after `code`.
  Error error(int code) const;
  sqlite3* handle() const { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  explicit Connection(sqlite3* db) : db_(db) {}
  static Result<Connection> open_as(const std::string& name, int flags, std::chrono::milliseconds busy_timeout,
                                    LogWrites log_writes = LogWrites::single);
  std::unique_ptr<sqlite3, Close> db_;
};

/// Foreign errors become ours here and nowhere else:
///   over_limit   the disk, the file (store.max_size) or SQLite's row limit is full
///   unavailable  busy, I/O, permissions, memory
///   corrupt      the file is damaged, or no database
Error error_of(sqlite3* db, int code);

}  // namespace maildrop::store::sqlite
