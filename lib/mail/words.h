/// words.h: RFC 2047 encoded words. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "mail/charsets.h"

namespace maildrop::mail {

/// A header value as people read it: unfolded, RFC 2047 decoded, valid UTF-8; NUL, and bytes that are none of a word's
/// charset, become U+FFFD. Adjacent words of one charset and encoding are one: a character may be cut between them. A
/// word in an unknown charset stays as it was written. Values over 16 KiB are cut first. O(n); of several values of one
/// message, `charsets` bounds what all of them cost.
std::string decode_header(std::string_view value, Charsets& charsets);
std::string decode_header(std::string_view value);

}  // namespace maildrop::mail
