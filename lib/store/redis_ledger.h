/// redis_ledger.h: a Ledger in the Redis server of a store, for all who share it.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store::redis {

/// A server that is down is no error here, but of each run(). Whether it keeps its records over its own restart is a
/// matter of its settings, as with mail. Clocks of machines that share it must agree.
Result<std::unique_ptr<Ledger>> open_ledger(const OpenOptions& options);

}  // namespace maildrop::store::redis
