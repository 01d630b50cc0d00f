/// backup.h: all mail of a store, and its models, into a backup file while it is in use, and out of one into any store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "store/backup_file.h"
#include "store/bulk.h"

namespace maildrop::store {

/// The backup has what was acknowledged before it began and is there when the walk comes to it; of what comes or goes
/// meanwhile it has some. Models come first. No transaction is held open, so a store that is in use grows no log by it.
/// Not thread-safe; used once. Blocking.
class Backup {
 public:
  /// `store` outlives it.
  explicit Backup(Store& store) : store_(store) {}

  /// Writes a whole file to `sink`. false: ended by `go_on`, and what was written is none. Errors of the sink and of
  /// the store, but for damage to messages and models: these are left out.
  Result<bool> run(Sink sink, const BackupHead& head, const GoOn& go_on);

  const Tally& saved() const { return saved_; }
  std::uint64_t models() const { return models_; }  // saved
  std::uint64_t damaged() const { return damaged_; }
  /// The first kMostNamed of these: inbox and id, or model, and what is wrong.
  const std::vector<std::string>& damage() const { return damage_; }
  static constexpr std::size_t kMostNamed = 20;

 private:
  Result<bool> save_models(BackupWriter& writer, const std::vector<ModelInfo>& models, const GoOn& go_on);
  Result<void> save_inbox(BackupWriter& writer, std::vector<Found> newest_first, const GoOn& go_on);

  Store& store_;
  Tally saved_;
  std::uint64_t models_ = 0;
  std::uint64_t damaged_ = 0;
  std::vector<std::string> damage_;
};

struct RestoreOptions {
  InboxSettings inbox;
  int compression = 0;  // store.compression
  bool renew = false;   // it counts as having come now
};

/// Adds to what a store has, and takes nothing away by it that is newer: a message goes above what its inbox has, so it
/// is passed over where that is newer, or where the inbox would not keep it; a model where the store has one of its
/// name that was put later; what is restored is as old as it was. Not thread-safe; used once. Blocking.
class Restore {
 public:
  Restore(Store& store, const Clock& clock, const RestoreOptions& options)
      : store_(store), clock_(clock), options_(options) {}

  /// false: ended by `go_on`. Errors of the reader and of the store, over_limit where that is full: what came before is
  /// restored; it may be run again.
  Result<bool> run(BackupReader& reader, const GoOn& go_on);

  const Tally& restored() const { return restored_; }
  std::uint64_t models() const { return models_; }            // restored
  std::uint64_t models_kept() const { return models_kept_; }  // that the store has, newer
  /// Those that are not.
  struct PassedOver {
    std::uint64_t known = 0;       // there already
    std::uint64_t expired = 0;     // by inbox.max_age
    std::uint64_t over_quota = 0;  // by inbox.max_messages or inbox.max_size
    std::uint64_t older = 0;       // than what its inbox has
    std::uint64_t unnamed = 0;     // inbox.naming and the like do not allow the name of its inbox
  };
  const PassedOver& passed_over() const { return passed_over_; }

 private:
  Result<bool> restore_models(BackupReader& reader, const GoOn& go_on);
  Result<void> enter(const mail::Inbox& inbox);
  std::uint64_t PassedOver::*reason_against(const SavedMessage& saved);
  void take(SavedMessage saved);
  Result<void> put(const GoOn& go_on);

  Store& store_;
  const Clock& clock_;
  const RestoreOptions options_;

  // Of the inbox at hand:
  std::optional<std::string> inbox_;
  bool nameable_ = false;
  std::unordered_set<std::string> ids_;  // that it had
  std::optional<Summary> newest_;        // that it had
  bool newest_seen_ = false;             // in the file

  std::vector<Delivery> batch_;
  std::uint64_t batch_bytes_ = 0;
  std::uint64_t models_ = 0, models_kept_ = 0;
  Tally restored_;
  PassedOver passed_over_;
};

}  // namespace maildrop::store
