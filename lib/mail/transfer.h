/// transfer.h: content transfer encodings, taken off by GMime. Thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace maildrop::mail {

/// Decodes base64 or quoted-printable (lower-case name); other names copy. At most `max` bytes come out.
std::string decode_transfer(std::string_view bytes, std::string_view encoding, std::size_t max);

/// The same piece by piece, without holding it: `take` gets what is decoded, in order, until it returns false.
void decode_transfer(std::string_view bytes, std::string_view encoding,
                     const std::function<bool(std::string_view)>& take);

}  // namespace maildrop::mail
