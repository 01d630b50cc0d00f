/// sqlite_readers.h: a few connections that read, shared by all threads of a process.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/sqlite_change_mark.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_writer.h"
#include "store/store.h"

namespace maildrop::store::sqlite {

/// Each call takes a connection, or waits until one is free, and gives it back with no statement open: nobody holds a
/// snapshot between calls, so the WAL can be emptied. Thread-safe. Blocking; unavailable when no connection is free,
/// or the store is locked, for as long as `patience`.
class Readers {
 public:
  Readers(std::string path, std::chrono::milliseconds patience, const Clock& clock);
  ~Readers();

  Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query, const Caps& caps);
  Result<Message> get(const mail::Inbox& inbox, const MessageId& id, const Caps& caps);
  /// As Store::scan(). The names that come next are read a few dozen at a time.
  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages, const Caps& caps);
  /// As Store::change_mark(). Never blocks. nullopt until somebody has read.
  std::optional<ChangeMark> change_mark() const;
  /// Inboxes and messages only.
  Result<StoreStats> totals();

 private:
  struct Reader;
  class Loan;
  struct Opening;
  Result<std::unique_ptr<Reader>> open() const;
  Result<std::unique_ptr<Reader>> borrow();
  void look_at_changes();
  void forget_changes();
  void give_back(std::unique_ptr<Reader> reader);

  const std::string path_;
  const std::chrono::milliseconds patience_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> idle_;
  std::size_t open_ = 0;
  mutable std::mutex index_mutex_;         // never held for long: loops take it
  std::unique_ptr<const WalIndex> index_;  // of the file that the readers have open
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace maildrop::store::sqlite
