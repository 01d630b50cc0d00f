/// sqlite_file.cc: paths, the lock file, the schema.
#include "store/sqlite_file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <thread>

#include "core/file_error.h"
#include "store/fair_share.h"
#include "store/packed_summary.h"

namespace maildrop::store::sqlite {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kRetry{10};

/// One that is not there is not_found.
Error store_error(std::string_view doing, const std::string& path, int number) {
  Error error = file_error(doing, path, number);
  if (number == ENOENT) error.code = Code::not_found;
  return error;
}

/// inbox: `floor` hides the messages up to that seq, until purge() has removed them. `last` is when it last received,
/// where its newest message does not tell (it was removed). `due` is never after the time it last received, and is only
/// moved by purge(): so a delivery to a known inbox writes neither this table nor its index.
/// message: small, in the order of the inboxes, so that lists stay fast. `at` is when it was stored, `size` that of its
/// data, `source` whose it is (fair_share.h), `charge` what of the store is his by it.
/// body: appended only. `data` is data, transcript and verdicts, and `dictionary` their form (packed_body.h). What is
/// long goes on in the rows that follow, whose `dictionary` is -1. `transcript` is that of an older maildrop's mail. A
/// body that several inboxes share has a row in `shared`, where source and charge of all its messages stand.
/// total: one row. `changes` and `changed` are those of news.h.
constexpr const char* kSchema = R"(
  CREATE TABLE inbox(name TEXT NOT NULL PRIMARY KEY, id INTEGER NOT NULL, last INTEGER NOT NULL,
                     floor INTEGER NOT NULL, due INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX inbox_due ON inbox(due);
  CREATE INDEX inbox_id ON inbox(id);
  CREATE TABLE message(inbox INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
                       body INTEGER NOT NULL, shared INTEGER NOT NULL, size INTEGER NOT NULL, source INTEGER NOT NULL,
                       charge INTEGER NOT NULL, summary BLOB NOT NULL,
                       PRIMARY KEY(inbox, seq)) WITHOUT ROWID;
  CREATE TABLE body(id INTEGER PRIMARY KEY, dictionary INTEGER NOT NULL, data BLOB NOT NULL, transcript BLOB);
  CREATE TABLE shared(body INTEGER PRIMARY KEY, inboxes INTEGER NOT NULL, source INTEGER NOT NULL,
                      charge INTEGER NOT NULL);
  CREATE TABLE total(id INTEGER PRIMARY KEY, inboxes INTEGER NOT NULL, messages INTEGER NOT NULL,
                     next_inbox INTEGER NOT NULL, changes INTEGER NOT NULL, changed BLOB NOT NULL);
  INSERT INTO total VALUES(1, 0, 0, 1, 0, x'');
)";

/// [i]: from version i + 1 to the next.
/// From version 2: whose each message is the summary says. From version 3: bodies and summaries may be compressed.
/// From version 4: both may have tagged parts.
constexpr const char* kUpgrades[] = {"ALTER TABLE body ADD COLUMN transcript BLOB;", R"(
  CREATE INDEX inbox_id ON inbox(id);
  ALTER TABLE message ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN charge INTEGER NOT NULL DEFAULT 0;
  UPDATE message SET source=source_of(summary), charge=300 + CASE shared WHEN 0 THEN size ELSE 0 END;
  ALTER TABLE shared ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE shared ADD COLUMN charge INTEGER NOT NULL DEFAULT 0;
  UPDATE shared SET charge=(SELECT length(data) FROM body b WHERE b.id=body);
  UPDATE shared SET source=m.source FROM message m WHERE m.shared<>0 AND m.body=shared.body;
)",
                                     "", "", R"(
  ALTER TABLE total ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE total ADD COLUMN changed BLOB NOT NULL DEFAULT x'';
)"};
static_assert(std::size(kUpgrades) == kVersion - 1);

Result<void> make_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) {
    if (errno == EEXIST) return {};
    return tl::unexpected(store_error("make", path, errno));
  }
  if (::fchmod(file.get(), 0600) != 0) return tl::unexpected(store_error("set the mode of", path, errno));
  const std::string folder = fs::path(path).parent_path().string();
  const FileDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return tl::unexpected(store_error("sync", folder, errno));
  return {};
}

/// The version of what is in it; 0: nothing yet. One statement, so one snapshot: a store that is being
/// made meanwhile shows all of it or nothing.
Result<int> version_of(Connection& connection, const std::string& path) {
  Statement head =
      TRY(connection.prepare("SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version "
                             "FROM pragma_application_id, pragma_user_version"));
  if (!TRY(head.step())) return fail(Code::internal, "no header in '" + path + "'");
  const bool empty = head.integer(0) == 0;
  const std::int64_t application = head.integer(1);
  const std::int64_t version = head.integer(2);
  if (application == kApplicationId && version >= 1 && version <= kVersion) return static_cast<int>(version);
  if (application == kApplicationId && version > kVersion) {
    return fail(Code::invalid, "store '" + path + "' has version " + std::to_string(version) +
                                   ", this maildrop knows " + std::to_string(kVersion) + ": a newer maildrop wrote it");
  }
  if (application == 0 && version == 0 && empty) return 0;
  return fail(Code::invalid, "'" + path + "' is a database, but not a maildrop store");
}

/// SQL: the source of a packed summary, as a number.
void source_of_summary(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
  const Result<Summary> summary = unpack({}, {bytes, bytes ? size : 0});
  sqlite3_result_int64(context, summary ? static_cast<std::int64_t>(source_of(summary->peer)) : 0);
}

Error at_path(const std::string& path, const Error& error) {
  return Error{error.code, "cannot open store '" + path + "': " + error.what};
}

Result<void> make_schema(const std::string& path) {
  Connection connection = TRY(Connection::open(path, kOpenWait));
  const int version = TRY(version_of(connection, path));
  const std::string set_version = "PRAGMA user_version=" + std::to_string(kVersion) + "; COMMIT";
  if (version == kVersion) return {};
  if (version != 0) {
    sqlite3_create_function_v2(connection.handle(), "source_of", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                               source_of_summary, nullptr, nullptr, nullptr);
    std::string steps;
    for (int i = version; i < kVersion; ++i) steps += kUpgrades[i - 1];
    return connection.exec("BEGIN IMMEDIATE;" + steps + set_version);
  }
  // Page size and auto_vacuum count only before the first table.
  TRY(connection.exec("PRAGMA page_size=" + std::to_string(kPageSize) + "; PRAGMA auto_vacuum=INCREMENTAL"));
  TRY(connection.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
  return connection.exec("BEGIN IMMEDIATE;" + std::string(kSchema) +
                         "PRAGMA application_id=" + std::to_string(kApplicationId) + ";" + set_version);
}

Result<Connection> open_once(const std::string& path, std::chrono::milliseconds busy_timeout,
                             LogWrites log_writes = LogWrites::single) {
  if (::access(path.c_str(), F_OK) != 0) return fail(Code::not_found, "no store at '" + path + "'");
  auto connection = Connection::open(path, busy_timeout, log_writes);
  if (!connection) return tl::unexpected(at_path(path, connection.error()));
  const Result<int> version = version_of(*connection, path);
  if (!version && version.error().code != Code::invalid) return tl::unexpected(at_path(path, version.error()));
  if (!version) return tl::unexpected(version.error());
  if (*version == 0) return fail(Code::not_found, "no store at '" + path + "': the file is empty");
  if (*version < kVersion) {
    return fail(Code::unavailable, "store '" + path + "' has version " + std::to_string(*version) +
                                       ", of an older maildrop: `maildrop serve` brings it up to date");
  }
  return connection;
}

/// As it was written by who holds the lock; 0: nothing readable.
pid_t holder(int fd) {
  char text[32];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  pid_t pid = 0;
  std::from_chars(text, text + std::max<ssize_t>(n, 0), pid);
  return pid;
}

Error held(const std::string& path, pid_t pid) {
  const std::string who = pid == 0 ? "another process" : "process " + std::to_string(pid);
  return Error{Code::unavailable, "store '" + path + "' is being written by " + who};
}

Result<void> writable(const std::string& path, int mode) {
  if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0) return {};
  if (errno == ENOENT) return {};
  return tl::unexpected(file_error("write", path, errno));
}

}  // namespace

Result<std::string> locate(std::string_view url, bool make_folder) {
  const fs::path path(std::string(url.substr(url.find(':') + 1)));
  if (!path.has_filename()) return fail(Code::invalid, "store url '" + std::string(url) + "' names no file");
  std::error_code error;
  if (fs::path whole = fs::canonical(path, error); !error) return whole.string();
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (make_folder && !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  }
  folder = fs::canonical(folder, error);
  if (error && make_folder) return fail(Code::unavailable, "cannot open '" + path.string() + "': " + error.message());
  if (error) return fail(Code::not_found, "no store at '" + path.string() + "'");
  return (folder / path.filename()).string();
}

Result<WriteLock> WriteLock::take(const std::string& path, std::chrono::milliseconds patience) {
  const std::string name = path + ".lock";
  FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return tl::unexpected(file_error("open", name, errno));
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return tl::unexpected(store_error("lock", name, errno));
    if (std::chrono::steady_clock::now() >= until) {
      return tl::unexpected(held(path, holder(file.get())));
    }
    std::this_thread::sleep_for(kRetry);
  }
  // Only for the error text of others; the lock is the flock, so a failure here harms nothing.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::fchmod(file.get(), 0600) == 0 && ::ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t n = ::pwrite(file.get(), pid.data(), pid.size(), 0);
  }
  return WriteLock(std::move(file));
}

Result<void> WriteLock::check(const std::string& path, std::span<const pid_t> leaving) {
  TRY(writable(fs::path(path).parent_path().string(), W_OK | X_OK));
  const std::string name = path + ".lock";
  for (const std::string& file : {path, name}) TRY(writable(file, R_OK | W_OK));
  const FileDescriptor file(::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
  const pid_t pid = holder(file.get());
  const bool leaves = std::any_of(leaving.begin(), leaving.end(), [&](pid_t each) { return each == 0 || each == pid; });
  if (leaves || pid == 0) return {};
  return tl::unexpected(held(path, pid));
}

Result<void> create(const std::string& path) {
  TRY(make_file(path));
  const Result<void> made = make_schema(path);
  if (!made && made.error().code != Code::invalid) return tl::unexpected(at_path(path, made.error()));
  return made;
}

Result<Connection> open_existing(const std::string& path, std::chrono::milliseconds busy_timeout,
                                 std::chrono::milliseconds patience, LogWrites log_writes) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto connection = open_once(path, busy_timeout, log_writes);
    const Code code = connection ? Code::internal : connection.error().code;
    const bool may_come = code == Code::not_found || code == Code::unavailable;
    if (!may_come || std::chrono::steady_clock::now() >= until) return connection;
    std::this_thread::sleep_for(kRetry);
  }
}

Result<Connection> open_again(const std::string& path, std::chrono::milliseconds busy_timeout, LogWrites log_writes) {
  auto connection = open_existing(path, busy_timeout, {}, log_writes);
  if (connection || (connection.error().code != Code::not_found && connection.error().code != Code::invalid))
    return connection;
  return fail(Code::unavailable,
              "the store was moved, removed or replaced while it was open: " + connection.error().what);
}

Result<void> create_or_wait(const std::string& path) {
  if (open_once(path, kOpenWait)) return {};
  if (const auto lock = WriteLock::take(path, {})) return create(path);
  TRY(open_existing(path, kOpenWait, kOpenWait));
  return {};
}

}  // namespace maildrop::store::sqlite
