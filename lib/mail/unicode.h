/// unicode.h: what the name of an inbox needs to know of Unicode. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::mail {

/// Unicode NFC and simple lower case of valid UTF-8. Code::invalid when it is not valid UTF-8.
Result<std::string> fold_name(std::string_view utf8);

/// Every character is a letter, a mark or a decimal digit (Unicode categories L*, M*, Nd) that shows something
/// (fillers and variation selectors do not). False for empty text.
bool is_word(std::string_view utf8);

}  // namespace maildrop::mail
