/// sqlite_writer.h: the one connection that changes a store.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "store/caps.h"
#include "store/sqlite_connection.h"
#include "store/store.h"

namespace maildrop::store::sqlite {

/// Settings whose WAL and file together stay within store.max_size.
StoreSettings within_max_size(StoreSettings settings);

/// Deliveries, removals and expiry, each in one transaction that is rolled back whole when anything in it fails; the
/// next call starts afresh, so that a cause that goes away needs no restart.
///
/// Not thread-safe. Blocking. REQUIRES: the WriteLock of the path while it lives.
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const std::string& path, const StoreSettings& settings,
                                              const Clock& clock);
  ~Writer();
  Writer(const Writer&) = delete;

  /// As Store::put().
  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries, const Caps& caps);
  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id, const Caps& caps);
  Result<PurgeReport> purge(const PurgeQuery& query, const Caps& caps);
  /// As Store::remove_all().
  Result<std::size_t> remove_all(std::span<const Spot> spots);

  /// Writes and syncs something that nobody sees: can it be done at all?
  Result<void> probe();
  /// Gives a portion of the free pages back to the file system; what a store that is filled again would need soon
  /// stays. false: there was nothing to give.
  Result<bool> vacuum();
  /// Whether so little is left that hardly anything would be taken.
  Result<bool> is_full();

  enum class Reset { overwrite, truncate };
  /// Empties the WAL as far as readers let it: overwrite makes the next commit start at its beginning, truncate also
  /// gives its disk space back. A stall: both wait for the disk.
  Result<void> empty_wal(Reset reset);
  /// The same as truncate, with little patience. false: a reader holds on to it.
  Result<bool> scrub();
  /// Bytes of the WAL in use: the next commit goes behind them, moved into the file or not.
  std::uint64_t wal_bytes() const;

  /// Commits so far that wrote something, and synced it.
  std::uint64_t commits() const;

  /// The file is no longer the one under its name.
  bool has_moved() const;

  struct State;  // sqlite_writer_state.h

 private:
  Result<void> checkpoint(int mode, std::chrono::milliseconds patience);
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace maildrop::store::sqlite
