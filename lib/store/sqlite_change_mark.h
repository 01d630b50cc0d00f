/// sqlite_change_mark.h: whether a store has changed, without asking SQLite.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/result.h"
#include "store/sqlite_connection.h"
#include "store/store.h"

namespace maildrop::store::sqlite {

/// The head of the WAL index (https://www.sqlite.org/walformat.html, 2.1), which lies in memory that all processes
/// share: each commit changes it before it returns, whoever makes it. `PRAGMA data_version` says the same, for two
/// system calls and a statement.
///
/// What is in the head is not looked into, it is compared as bytes: a counter of commits, checksums of the log, salts
/// that each new log draws. Two copies of it follow each other, and are written one after the other: while they differ
/// a commit is on its way. A SQLite that writes it otherwise would have no marks here, or marks that never change:
/// sqlite_change_mark_test would tell.
///
/// Thread-safe. Has a connection of its own, which keeps the memory mapped and asks nothing.
class WalIndex {
 public:
  /// Errors as of open_again(); unavailable where there is no such memory.
  static Result<std::unique_ptr<const WalIndex>> open(const std::string& path, std::chrono::milliseconds busy_timeout);

  /// Never blocks. nullopt: a commit is on its way.
  std::optional<ChangeMark> mark() const;

 private:
  WalIndex(Connection connection, const volatile void* head) : connection_(std::move(connection)), head_(head) {}

  const Connection connection_;
  const volatile void* const head_;
};

}  // namespace maildrop::store::sqlite
