/// ledger_view.h: a ledger to try things with: it answers as another one would, and leaves that as it is.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "store/ledger.h"
#include "store/ledger_rules.h"

namespace maildrop::store {

/// What is done to it only it knows; what else it is asked for it asks `ledger`, once for each key, by operations that
/// change nothing of what is kept there. Of sums and buckets these tell a whole number: both may be off by one. It
/// keeps all that it was asked for. Not thread-safe; blocking as `ledger`, which outlives it and goes by the same
/// clock.
class LedgerView {
 public:
  LedgerView(Ledger& ledger, const Clock& clock) : ledger_(ledger), clock_(clock) {}

  /// Fails as Ledger::run().
  Result<Answer> run(const Operation& operation);

 private:
  Ledger& ledger_;
  const Clock& clock_;
  std::map<std::string, std::optional<LedgerRecord>, std::less<>> records_;
};

}  // namespace maildrop::store
