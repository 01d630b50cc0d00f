/// redis_stream.h: reads again what a redis_sink wrote.
#pragma once

#include <functional>
#include <string_view>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"

namespace maildrop::report {

/// Calls `each` with every decision from `since` on, the oldest first. Blocking, each step redis.timeout at most.
///   invalid      no URL of a Redis
///   unavailable  no server, or what it says
Result<void> read_stream(const ReportSettings& settings, const RedisSettings& redis, Time since,
                         const std::function<void(std::string_view decision)>& each);

}  // namespace maildrop::report
