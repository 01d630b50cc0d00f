/// shared_rates.h: the rates of all processes that have one ledger (flood.shared).
#pragma once

#include <memory>

#include "service/flood.h"
#include "store/bookkeeper.h"

namespace maildrop::smtp {

/// Tells the ledger what was taken here since the last time, and has `flood` hear how much was taken everywhere, as
/// store/rate_sharing.h has it. Called about once a second by one thread; never blocks.
void share_rates(const std::shared_ptr<service::Flood>& flood, store::Bookkeeper& ledger);

}  // namespace maildrop::smtp
