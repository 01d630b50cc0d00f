/// purge.h: the parts of `maildrop purge`: what is to go, and the run that removes it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "progress.h"
#include "store/bulk_purge.h"
#include "store/purge_choice.h"

namespace maildrop::cmd {

struct PurgeOptions : store::PurgeWish {
  bool dry_run = false;
  bool yes = false;
  bool json = false;
};

/// One run on `store`. Gives the exit status; what it prints is for `options`.
class PurgeRun {
 public:
  /// `names` are canonical. All handed in outlives it.
  PurgeRun(const PurgeOptions& options, std::vector<std::string> names, store::Store& store, const Clock& clock);
  int main();

 private:
  Result<bool> run(store::BulkPurge& purge);
  bool agreed() const;
  bool may_ask() const;
  int print_result(const store::BulkPurge& purge, const Result<bool>& ended);

  const PurgeOptions& options_;
  const std::vector<std::string> names_;
  store::Store& store_;
  const Clock& clock_;
  Bar bar_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  bool refused_ = false;               // at the question
  std::optional<bool> wal_truncated_;  // nothing: nothing was removed
};

}  // namespace maildrop::cmd
