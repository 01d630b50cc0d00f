/// utf8.h: one code point at a time out of bytes that may be anything. RFC 3629.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD, in place of what is no character

struct CodePoint {
  char32_t value = 0;      // the byte itself when it is not part of a well-formed sequence
  std::size_t length = 1;  // bytes; 1 when not valid
  bool valid = false;
};

/// The code point that starts at `at`. Overlong forms, surrogates, values beyond U+10FFFF and cut sequences are not
/// valid. REQUIRES: at < text.size().
CodePoint decode_utf8(std::string_view text, std::size_t at);

void append_utf8(std::string& out, char32_t code);

}  // namespace maildrop
