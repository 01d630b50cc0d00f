/// verdicts.h: what filters found of a message, as JSON.
#pragma once

#include <string>

#include "api/json.h"
#include "core/result.h"
#include "filter/trace.h"

namespace maildrop::api {

/// `mark`, `score`, `filters` (of those that found something), `silent` (of those that did not: their names by phase),
/// `cut` (more was found than is kept), `shadow` (`fate`, `score`, `by`, `reason`; only where there is one).
Json to_json(const filter::Trace& trace);

/// corrupt: to_json() did not make that. Fields it does not know are left out.
Result<filter::Trace> parse_trace(const Json& json);

}  // namespace maildrop::api
