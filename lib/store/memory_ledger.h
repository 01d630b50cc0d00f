/// memory_ledger.h: a Ledger that ends with the process, and never blocks for long: loops may use it themselves.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store {

/// One that nobody else has. `clock` outlives it.
std::unique_ptr<Ledger> make_memory_ledger(const Clock& clock, std::size_t most);
/// All of one URL are one. A limit that is set is that of its own operations alone.
Result<std::unique_ptr<Ledger>> open_memory_ledger(const OpenOptions& options);

}  // namespace maildrop::store
