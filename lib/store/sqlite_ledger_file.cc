/// sqlite_ledger_file.cc: a lock file beside it keeps those apart who make it or put it aside.
#include "store/sqlite_ledger_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "core/descriptor.h"
#include "core/file_error.h"
#include "core/log.h"

namespace maildrop::store::sqlite {

namespace {

constexpr std::int64_t kLedgerVersion = 2;           // 1 had no spaces
constexpr std::int64_t kLedgerId = 0x4d44524c;       // "MDRL": PRAGMA application_id
constexpr std::chrono::milliseconds kPatience{500};  // for others to end their batches, or to make the file
constexpr std::chrono::milliseconds kRetryLock{5};

/// `used` counts on with each record of a space that is written: its smallest is the one used longest ago.
constexpr const char* kSchema = R"(
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

Result<FileDescriptor> make_private(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return tl::unexpected(file_error("open", path, errno));
  ::fchmod(file.get(), 0600);
  return file;
}

/// The right to make the file or to put it aside; given back with the descriptor.
Result<FileDescriptor> take_lock(const std::string& path) {
  const std::string name = path + ".lock";
  FileDescriptor file = TRY(make_private(name));
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= until) return tl::unexpected(file_error("lock", name, errno));
    std::this_thread::sleep_for(kRetryLock);
  }
  return file;
}

/// Whether it is a ledger; false: nothing is in it yet. corrupt: it is something else. One statement, so one snapshot:
/// a ledger that is being made meanwhile is all there or not at all.
Result<bool> is_ledger(Connection& connection) {
  Statement head =
      TRY(connection.prepare("SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version "
                             "FROM pragma_application_id, pragma_user_version"));
  if (!TRY(head.step())) return fail(Code::corrupt, "no header");
  if (head.integer(1) == kLedgerId && head.integer(2) == kLedgerVersion) return true;
  if (head.integer(0) == 0 && head.integer(1) == 0) return false;
  return fail(Code::corrupt, "it is another program's, or another version's");
}

/// REQUIRES: the lock.
Result<void> create_ledger(const std::string& path) {
  TRY(make_private(path));
  Connection connection = TRY(Connection::open(path, kPatience));
  if (TRY(is_ledger(connection))) return {};
  TRY(connection.exec("PRAGMA journal_mode=WAL"));
  return connection.exec("BEGIN IMMEDIATE;" + std::string(kSchema) +
                         "PRAGMA application_id=" + std::to_string(kLedgerId) +
                         "; PRAGMA user_version=" + std::to_string(kLedgerVersion) + "; COMMIT");
}

/// A file that nobody may see is not one that is not there.
Result<Connection> open_as_it_is(const std::string& path, LedgerUse use) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    const Error error = file_error("open", path, errno);
    return fail(absent ? Code::not_found : error.code, error.what);
  }
  // Without a log nobody has it open, and SQLite would make one, which who only reads cannot remove.
  const bool alone = ::access((path + "-wal").c_str(), F_OK) != 0;
  Connection connection = TRY(use == LedgerUse::read ? Connection::open_to_read(path, kPatience, alone)
                                                     : Connection::open(path, kPatience));
  if (!TRY(is_ledger(connection))) return fail(Code::not_found, "'" + path + "' is empty");
  return connection;
}

}  // namespace

Identity identity_of(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return {};
  return {about.st_dev, about.st_ino};
}

Result<Connection> open_ledger_file(const std::string& path, LedgerUse use) {
  if (use != LedgerUse::make) return open_as_it_is(path, use);
  if (identity_of(path) == Identity{}) {
    const FileDescriptor lock = TRY(take_lock(path));
    TRY(create_ledger(path));
  }
  Connection connection = TRY(Connection::open(path, kPatience));
  if (!TRY(is_ledger(connection))) {  // who made it died over it
    const FileDescriptor lock = TRY(take_lock(path));
    TRY(create_ledger(path));
  }
  return connection;
}

/// The file goes before its log, so that nobody reads the next one with this one's.
Result<void> put_aside(const std::string& path, const Identity& seen, const Error& why) {
  const FileDescriptor lock = TRY(take_lock(path));
  if (identity_of(path) != seen) return {};
  log::warning("ledger damaged, a new one is begun", {{"file", path}, {"error", why.what}});
  if (::rename(path.c_str(), (path + ".damaged").c_str()) != 0 && ::unlink(path.c_str()) != 0 && errno != ENOENT)
    return tl::unexpected(file_error("put aside", path, errno));
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path + suffix).c_str());
  return create_ledger(path);
}

}  // namespace maildrop::store::sqlite
