/// shared_rates.h: the rates of all processes that have one ledger (flood.shared).
#pragma once

#include <memory>

#include "service/flood.h"
#include "store/bookkeeper.h"

namespace maildrop::smtp {

/// Tells the ledger what was taken here since the last time, and has `flood` hear how much was taken everywhere: soon,
/// late, or, when the ledger fails, not at all. Each process lets through by itself what its own buckets have, so in
/// the time between two calls each may let through what comes then; that is owed, and nobody gets more before it is
/// paid. Does nothing while the ledger has a backlog. Called about once a second by one thread; never blocks.
void share_rates(const std::shared_ptr<service::Flood>& flood, store::Bookkeeper& ledger);

}  // namespace maildrop::smtp
