/// sqlite_file.h: where a SQLite store lies, who may write it, and how it is made.
///
/// Beside PATH lie PATH-wal and PATH-shm (SQLite's own), PATH.lock (held by the one process that writes) and PATH.sock
/// (its control socket, sqlite_link.h). All are 0600, whatever the umask.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "core/descriptor.h"
#include "core/result.h"
#include "store/sqlite_connection.h"

namespace maildrop::store::sqlite {

inline constexpr int kVersion = 6;                           // of the schema: PRAGMA user_version
inline constexpr int kApplicationId = 0x4d445250;            // "MDRP": PRAGMA application_id
inline constexpr std::int64_t kPageSize = 8192;              // a commit writes whole pages: 16384 costs a tenth more
                                                             // CPU at 10 KB, and saves 4 % of the file with real mail
inline constexpr std::int64_t kContinued = -1;               // `dictionary` of the rows of a body behind its first
inline constexpr std::chrono::milliseconds kOpenWait{2000};  // for a lock that is about to be free, a schema being made

/// The one absolute path of a store, links resolved, so that its lock has one name only. invalid: no path in the URL.
Result<std::string> locate(std::string_view url, bool make_folder);

/// The right to write, until destroyed or the process ends, however it ends.
class WriteLock {
 public:
  /// unavailable, naming the process that holds it, if it is not free within `patience`.
  static Result<WriteLock> take(const std::string& path, std::chrono::milliseconds patience);
  /// Whether take() can be expected to succeed when the processes `leaving` have ended, whatever it is that makes files
  /// beside PATH impossible: folder, file and lock are looked at and not touched.
  static Result<void> check(const std::string& path, std::span<const pid_t> leaving);

 private:
  explicit WriteLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

/// Makes the file and its tables if they are not there, and brings those of an older maildrop up to date. REQUIRES: the
/// WriteLock.
Result<void> create(const std::string& path);

/// Opens what create() made, for a process that reads.
///   not_found    no store there, and none that came within `patience`
///   unavailable  an older maildrop's that no writer has brought up to date within `patience`
///   invalid      another program's database, or a newer maildrop's
Result<Connection> open_existing(const std::string& path, std::chrono::milliseconds busy_timeout,
                                 std::chrono::milliseconds patience, LogWrites log_writes = LogWrites::single);

/// The same for who had it open before: a store that is not there now, or is another's, has gone away and may come
/// back, where at the first opening the URL is wrong. unavailable in place of not_found and invalid.
Result<Connection> open_again(const std::string& path, std::chrono::milliseconds busy_timeout,
                              LogWrites log_writes = LogWrites::single);

/// For a reader started before any writer: makes the store under the lock if it is free, else waits for its holder to.
Result<void> create_or_wait(const std::string& path);

}  // namespace maildrop::store::sqlite
