/// parse_time.h: reads times that others of us have written.
#pragma once

#include <optional>
#include <string_view>

#include "core/clock.h"

namespace maildrop {

/// What rfc3339() writes, `2023-11-14T22:13:20.000Z`, and nothing else.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace maildrop
