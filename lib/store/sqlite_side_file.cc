/// sqlite_side_file.cc: a lock file beside it keeps those apart who make it or put it aside.
#include "store/sqlite_side_file.h"

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

constexpr std::chrono::milliseconds kPatience{500};  // for others to end their batches, or to make the file
constexpr std::chrono::milliseconds kRetryLock{5};

/// What an operator's command makes as root is for the server, which is whose folder it is in.
void give_to_owner(const std::string& path, int file) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  struct stat owner {
  }, made{};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0 || ::fstat(file, &made) != 0) return;
  if (made.st_uid != 0 || owner.st_uid == 0) return;
  [[maybe_unused]] const int given = ::fchown(file, owner.st_uid, owner.st_gid);  // a server says what it cannot open
}

Result<FileDescriptor> make_private(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return tl::unexpected(file_error("open", path, errno));
  ::fchmod(file.get(), 0600);
  give_to_owner(path, file.get());
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

/// Whether it is one of that kind; false: nothing is in it yet. corrupt: it is something else. One statement, so one
/// snapshot: one that is being made meanwhile is all there or not at all.
Result<bool> is_made(const SideFile& kind, Connection& connection) {
  Statement head =
      TRY(connection.prepare("SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version "
                             "FROM pragma_application_id, pragma_user_version"));
  if (!TRY(head.step())) return fail(Code::corrupt, "no header");
  if (head.integer(1) == kind.id && head.integer(2) == kind.version) return true;
  if (head.integer(0) == 0 && head.integer(1) == 0) return false;
  return fail(Code::corrupt, "it is another program's, or another version's");
}

/// REQUIRES: the lock.
Result<void> create(const SideFile& kind, const std::string& path) {
  TRY(make_private(path));
  Connection connection = TRY(Connection::open(path, kPatience));
  if (TRY(is_made(kind, connection))) return {};
  TRY(connection.exec("PRAGMA journal_mode=WAL"));
  return connection.exec("BEGIN IMMEDIATE;" + std::string(kind.schema) +
                         "PRAGMA application_id=" + std::to_string(kind.id) +
                         "; PRAGMA user_version=" + std::to_string(kind.version) + "; COMMIT");
}

/// A file that nobody may see is not one that is not there.
Result<Connection> open_as_it_is(const SideFile& kind, const std::string& path, FileUse use) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    const Error error = file_error("open", path, errno);
    return fail(absent ? Code::not_found : error.code, error.what);
  }
  // Without a log nobody has it open, and SQLite would make one, which who only reads cannot remove.
  const bool alone = ::access((path + "-wal").c_str(), F_OK) != 0;
  Connection connection =
      TRY(use == FileUse::read ? Connection::open_to_read(path, kPatience, alone) : Connection::open(path, kPatience));
  if (!TRY(is_made(kind, connection))) return fail(Code::not_found, "'" + path + "' is empty");
  return connection;
}

}  // namespace

Identity identity_of(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return {};
  return {about.st_dev, about.st_ino};
}

Result<Connection> open_side_file(const SideFile& kind, const std::string& path, FileUse use) {
  if (use != FileUse::make) return open_as_it_is(kind, path, use);
  if (identity_of(path) == Identity{}) {
    const FileDescriptor lock = TRY(take_lock(path));
    TRY(create(kind, path));
  }
  Connection connection = TRY(Connection::open(path, kPatience));
  if (!TRY(is_made(kind, connection))) {  // who made it died over it
    const FileDescriptor lock = TRY(take_lock(path));
    TRY(create(kind, path));
  }
  return connection;
}

/// The file goes before its log, so that nobody reads the next one with this one's.
Result<void> put_aside(const SideFile& kind, const std::string& path, const Identity& seen, const Error& why) {
  const FileDescriptor lock = TRY(take_lock(path));
  if (identity_of(path) != seen) return {};
  log::warning("file damaged, a new one is begun", {{"file", path}, {"error", why.what}});
  if (::rename(path.c_str(), (path + ".damaged").c_str()) != 0 && ::unlink(path.c_str()) != 0 && errno != ENOENT)
    return tl::unexpected(file_error("put aside", path, errno));
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path + suffix).c_str());
  return create(kind, path);
}

}  // namespace maildrop::store::sqlite
