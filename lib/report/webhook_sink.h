/// webhook_sink.h: decisions by POST to whoever wants them.
///
///     POST /path HTTP/1.1
///     Content-Type: application/x-ndjson
///     Maildrop-Delivery: 6w3k0a9m2c7x          the same when the same decisions come again
///     Maildrop-Signature: t=1700000000,v1=HEX  HMAC-SHA256 by the secret, of `1700000000.` and the body
///
/// Every status of 2xx takes them. After 413 they come by halves; 400, 422, and 413 for one alone, say that these are
/// not wanted. After any other they come again.
#pragma once

#include <memory>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "report/sink.h"

namespace maildrop::report {

/// `clock` outlives it. invalid: no such URL.
Result<std::unique_ptr<Sink>> make_webhook_sink(const ReportSettings& settings, const Clock& clock);

}  // namespace maildrop::report
