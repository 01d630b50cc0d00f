/// sqlite_writing.h: the half of a SQLite store that only the writing process has: the lock, the Writer and whose turn
/// it is, the WAL's bounds, and what is known of the disk's health.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite_checkpointer.h"
#include "store/sqlite_file.h"
#include "store/sqlite_writer.h"

namespace maildrop::store::sqlite {

/// A mutex that is waited for only so long, and whose waiters come in the order of their arrival: commits that follow
/// each other closely keep nobody out.
class Turn {
 public:
  bool take(std::chrono::milliseconds patience);
  void leave();

 private:
  std::mutex mutex_;
  std::condition_variable next_;
  std::list<int> waiting_;  // one each; the first is next
  bool taken_ = false;
};

/// Thread-safe. Blocking; none waits longer than store.deadline for its turn. Semantics as the Store's.
///
/// The WAL: a thread moves it into the file beside the commits. It cannot start it over while commits keep coming, so
/// from half of store.wal_size on a put() does (a stall of some milliseconds: most has been moved), and tend() cuts a
/// file that grew past store.wal_size (a stall of up to 100 ms for readers, and the disk's time). A reader that holds a
/// snapshot prevents both; at twice store.wal_size put() answers over_limit until it has gone.
class Writing {
 public:
  static Result<std::unique_ptr<Writing>> start(const std::string& path, const StoreSettings& settings,
                                                const Clock& clock);
  /// Empties the WAL, so that the next start finds nothing to recover.
  ~Writing();

  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries, const Caps& caps);
  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id, const Caps& caps);
  Result<PurgeReport> purge(const PurgeQuery& query, const Caps& caps);
  Result<std::size_t> remove_all(std::span<const Spot> spots);
  Result<bool> scrub();
  Result<void> ready();
  void tend();

 private:
  class Holding;
  Writing(std::string path, const StoreSettings& settings, WriteLock lock)
      : path_(std::move(path)), settings_(settings), lock_(std::move(lock)) {}

  Result<void> healthy();
  Result<void> room_in_wal();
  void start_wal_over();
  void note(const Error& error);
  template <class T>
  Result<T> noted(Result<T> result) {
    if (!result) note(result.error());
    return result;
  }

  const std::string path_;
  const StoreSettings settings_;
  const WriteLock lock_;  // before all that needs it: given up last
  Turn turn_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Checkpointer> checkpointer_;
  ino_t wal_inode_ = 0;
  std::uint64_t tended_wal_ = 0;  // bytes at the last tend()
  std::chrono::steady_clock::time_point next_reset_{};
  std::optional<Error> damage_;             // nothing is written any more: what there is must stay readable
  std::optional<std::uint64_t> failed_at_;  // Writer::commits() when a write failed last
};

}  // namespace maildrop::store::sqlite
