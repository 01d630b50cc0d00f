/// memory_statistics.h: Statistics that end with the process.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store {

/// All of one URL are one, for as long as somebody has them.
Result<std::unique_ptr<Statistics>> memory_statistics(const OpenOptions& options);

}  // namespace maildrop::store
