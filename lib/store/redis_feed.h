/// redis_feed.h: a Feed of a Redis server, by its news channel.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store::redis {

Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options);

}  // namespace maildrop::store::redis
