/// parse_time.h: reads times that others of us have written, and that people type.
#pragma once

#include <optional>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop {

/// What rfc3339() writes, `2023-11-14T22:13:20.000Z`, and nothing else.
std::optional<Time> parse_rfc3339(std::string_view text);

/// What people type, in UTC: `2h` (before `now`, as parse_duration()), `now`, `today`, `yesterday` (their begin),
/// `2023-11-14`, `2023-11-14T22:13` and with `:20` and `.000`, which may end in Z. A space may stand for the T.
/// invalid for anything else, and for what is before 1970.
Result<Time> parse_moment(std::string_view text, Time now);

}  // namespace maildrop
