/// file_error.h: what the system says of a file, as an Error.
#pragma once

#include <string_view>

#include "core/result.h"

namespace maildrop {

/// unavailable: `cannot DOING 'PATH': REASON` for the errno `number`.
Error file_error(std::string_view doing, std::string_view path, int number);

}  // namespace maildrop
