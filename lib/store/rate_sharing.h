/// rate_sharing.h: token buckets that all processes with one ledger share: local first, shared behind.
///
/// Each process lets through by itself what its own bucket has, tells the ledger about once a second, and hears how
/// much was taken everywhere: soon, late, or, when the ledger fails, not at all. So in the time between, each may let
/// through what comes then; that is owed, and nobody gets more before it is paid.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "store/bookkeeper.h"

namespace maildrop::store {

/// What was taken from one bucket, and where the ledger keeps it.
struct SharedSpending {
  std::string_view space;
  std::string key;
  float tokens;
  unsigned per_minute;  // what the bucket holds; of one beyond 500,000 each process has its own
};

/// How much may be told at once; none while the ledger has a backlog, as what is not told now is told later.
std::size_t room_to_share(const Bookkeeper& ledger);

/// Tells `ledger`; `hear` is then called on its thread with what is missing everywhere, or never. Never blocks.
void share(Bookkeeper& ledger, SharedSpending spending, std::function<void(float missing)> hear);

}  // namespace maildrop::store
