/// redis_sink.h: decisions in a stream of Redis that has a bound.
#pragma once

#include <memory>
#include <string>

#include "core/config.h"
#include "core/result.h"
#include "report/sink.h"

namespace maildrop::report {

/// XADD with MAXLEN ~: each entry has the field `decision`. invalid: no URL of a Redis.
Result<std::unique_ptr<Sink>> make_redis_sink(const ReportSettings& settings, const RedisSettings& redis);

}  // namespace maildrop::report
