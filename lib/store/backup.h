/// backup.h: all mail of a store into a backup file while it is in use, and out of one into any store.
///
/// The backup is the mail that was acknowledged before it began and is there when the walk comes to it; what is
/// received after it began is not in it. So nothing is in it without what was acknowledged before it. No transaction is
/// held open, so a store that is in use grows no log by it.
#pragma once

#include <chrono>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/clock.h"
#include "store/backup_file.h"
#include "store/bulk.h"

namespace maildrop::store {

/// Not thread-safe; used once. Blocking.
class Backup {
 public:
  /// `store` and `clock` outlive it.
  Backup(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Writes a whole file to `sink`. false: ended by `go_on`, and what was written is none. Errors of the sink and of
  /// the store.
  Result<bool> run(Sink sink, std::string_view version, const GoOn& go_on);
  const Tally& saved() const { return saved_; }

 private:
  Result<void> save_inbox(BackupWriter& writer, const std::vector<Found>& newest_first);

  Store& store_;
  const Clock& clock_;
  Time began_{};
  Tally saved_;
};

struct RestoreOptions {
  std::chrono::milliseconds max_age{};  // inbox.max_age
  int compression = 0;                  // store.compression
  bool renew = false;                   // it counts as having come now
};

/// Not thread-safe; used once. Blocking.
class Restore {
 public:
  Restore(Store& store, const Clock& clock, const RestoreOptions& options)
      : store_(store), clock_(clock), options_(options) {}

  /// Puts what the store has not. false: ended by `go_on`. Errors of the reader and of the store: what came before is
  /// restored; it may be run again.
  Result<bool> run(BackupReader& reader, const GoOn& go_on);

  const Tally& restored() const { return restored_; }
  std::uint64_t known() const { return known_; }      // that were there already
  std::uint64_t expired() const { return expired_; }  // for which it is too late
  std::uint64_t refused() const { return refused_; }  // for which the store has no room
  const std::string& why_refused() const { return why_refused_; }

 private:
  Result<void> enter(const mail::Inbox& inbox);
  bool is_wanted(const SavedMessage& saved);
  Result<void> put();

  Store& store_;
  const Clock& clock_;
  const RestoreOptions options_;
  std::string inbox_;                    // of the message before
  std::unordered_set<std::string> ids_;  // that it had
  std::vector<Delivery> batch_;
  std::uint64_t batch_bytes_ = 0;
  Tally restored_;
  std::uint64_t known_ = 0, expired_ = 0, refused_ = 0;
  std::string why_refused_;
};

}  // namespace maildrop::store
