/// aligned.h: text in a column of a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop {

enum class Align { left, right };

/// Valid UTF-8, filled up with spaces to so many columns of a terminal. What is wider stays as it is.
std::string aligned(std::string_view text, std::size_t width, Align to = Align::left);

}  // namespace maildrop
