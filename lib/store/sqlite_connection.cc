/// sqlite_connection.cc: thin calls into sqlite3, and the table of its errors.
#include "store/sqlite_connection.h"

#include <sqlite3.h>

#include <mutex>

#include "store/sqlite_log_file.h"

namespace maildrop::store::sqlite {

namespace {

Code code_of(int code) {
  if (code == SQLITE_IOERR_CORRUPTFS) return Code::corrupt;
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG: return Code::over_limit;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
    case SQLITE_NOMEM: return Code::unavailable;
    default: return Code::internal;
  }
}

/// Process-wide, before the first connection. The memory statistics cost a lock at each allocation and nobody reads
/// them. No connection takes its first 20 pages ahead: most never need as many. Refused, harmlessly, when something
/// else in the process has used SQLite before.
void configure_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);
  });
}

/// https://www.sqlite.org/uri.html
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return uri;
}

}  // namespace

Error error_of(sqlite3* db, int code) {
  std::string what = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const bool from_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  const int system = db && from_system ? sqlite3_system_errno(db) : 0;  // stale for other codes
  what += " (sqlite " + std::to_string(code) + (system ? ", errno " + std::to_string(system) : "") + ")";
  return Error{code_of(code), std::move(what)};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Error Statement::error(int code) const { return error_of(sqlite3_db_handle(statement_.get()), code); }

// A bind fails only for an index that is not in the SQL, or for text beyond SQLite's length limit: the step then finds
// NULL where the schema says NOT NULL.
Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

Statement& Statement::bind_text(int index, std::string_view text) {
  // An empty view may have no address, and SQLite takes that for NULL.
  sqlite3_bind_text(statement_.get(), index, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(error(code));
}

Result<void> Statement::run() {
  const Result<bool> row = step();
  reset();
  if (!row) return tl::unexpected(row.error());
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::string_view Statement::bytes(int column) const {
  const void* start = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(start), static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Connection::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

/// Never O_CREAT: sqlite_file.cc makes the file with the right permissions.
Result<Connection> Connection::open(const std::string& path, std::chrono::milliseconds busy_timeout,
                                    LogWrites log_writes) {
  return open_as(path, SQLITE_OPEN_READWRITE, busy_timeout, log_writes);
}

Result<Connection> Connection::open_to_read(const std::string& path, std::chrono::milliseconds busy_timeout,
                                            bool alone) {
  const std::string name = uri_of(path) + (alone ? "?immutable=1" : "");
  Connection connection = TRY(open_as(name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, busy_timeout));
  // The last process to leave would empty the log and remove it: the writer's work.
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection;
}

Result<Connection> Connection::open_as(const std::string& name, int flags, std::chrono::milliseconds busy_timeout,
                                       LogWrites log_writes) {
  configure_once();
  const char* const vfs = log_writes == LogWrites::gathered ? gathering_vfs() : nullptr;
  sqlite3* db = nullptr;
  // Each connection is used by one thread at a time, and says so: no mutexes.
  const int code = sqlite3_open_v2(name.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  Connection connection(db);
  if (code != SQLITE_OK) return tl::unexpected(error_of(db, code));
  connection.busy_timeout(busy_timeout);
  // DEFENSIVE and trusted_schema: a database file that someone prepared must not run what its schema says.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  TRY(connection.exec("PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY"));
  return connection;
}

Result<void> Connection::exec(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  return Statement(statement);
}

Result<std::int64_t> Connection::number(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.step())) return fail(Code::internal, "no row from '" + std::string(sql) + "'");
  return statement.integer(0);
}

void Connection::busy_timeout(std::chrono::milliseconds limit) {
  sqlite3_busy_timeout(db_.get(), static_cast<int>(limit.count()));
}

std::int64_t Connection::last_insert_rowid() const { return sqlite3_last_insert_rowid(db_.get()); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

bool Connection::has_moved() const {
  int moved = 0;
  return sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

Error Connection::error(int code) const { return error_of(db_.get(), code); }

}  // namespace maildrop::store::sqlite
