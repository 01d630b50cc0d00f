/// json_line.h: JSON Lines that a terminal can be shown.
#pragma once

#include <string>

#include "api/json.h"

namespace maildrop::cmd {

using Json = api::Json;

/// One object as a line: valid UTF-8, and what a terminal would act on is written as \uXXXX, which reads back the same.
std::string json_line(const Json& object);

}  // namespace maildrop::cmd
