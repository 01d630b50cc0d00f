/// redis_statistics.h: Statistics in Redis, for all processes on all machines. Keys: redis_statistics_script.cc.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store::redis {

/// invalid: the URL is none.
Result<std::unique_ptr<Statistics>> open_statistics(const OpenOptions& options);

}  // namespace maildrop::store::redis
