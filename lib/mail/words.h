/// words.h: encoded words, transfer encodings and Unicode, by GMime and GLib behind caps. The only file that uses them.
///
/// Thread-safe. The first use of a charset loads tables (up to 15 ms, once).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "mail/charsets.h"

namespace maildrop::mail {

/// A header value as people read it: unfolded, RFC 2047 decoded, valid UTF-8; NUL, and bytes that are none of a word's
/// charset, become U+FFFD. Adjacent words of one charset and encoding are one: a character may be cut between them. A
/// word in an unknown charset stays as it was written. Values over 16 KiB are cut first. O(n); of several values of one
/// message, `charsets` bounds what all of them cost.
std::string decode_header(std::string_view value, Charsets& charsets);
std::string decode_header(std::string_view value);

/// Unicode NFC and simple lower case of valid UTF-8. Code::invalid when it is not valid UTF-8.
Result<std::string> fold_name(std::string_view utf8);

/// Every character is a letter, a mark or a decimal digit (Unicode categories L*, M*, Nd) that shows something
/// (fillers and variation selectors do not). False for empty text.
bool is_word(std::string_view utf8);

/// Decodes base64 or quoted-printable (lower-case name); other names copy. At most `max` bytes come out.
std::string decode_transfer(std::string_view bytes, std::string_view encoding, std::size_t max);

/// The same piece by piece, without holding it: `take` gets what is decoded, in order, until it returns false.
void decode_transfer(std::string_view bytes, std::string_view encoding,
                     const std::function<bool(std::string_view)>& take);

}  // namespace maildrop::mail
