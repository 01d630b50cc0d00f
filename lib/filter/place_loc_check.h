/// place_loc_check.h: whether a file may be given to libloc.
#pragma once

#include <string_view>

#include "core/result.h"

namespace maildrop::filter {

inline constexpr std::string_view kLocMagic = "LOCDBXX";  // what its databases begin with

/// libloc maps what the header of a database names and follows what stands there, so a file that was cut off ends the
/// process (SIGBUS), and so does a tree that leads back into itself. corrupt: `bytes`, all of a file, would.
Result<void> check_loc(std::string_view bytes);

}  // namespace maildrop::filter
