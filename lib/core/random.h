/// random.h: what nobody can guess, from the kernel.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop {

/// `bytes` random bytes written as lower-case base32 (`0-9a-z` without i l o u), 5 bits a character, rounded up.
/// Thread-safe; blocks only before the kernel's pool is first filled.
std::string random_name(std::size_t bytes);

/// Fills `out`. Thread-safe; blocks only before the kernel's pool is first filled.
void random_bytes(std::span<char> out);

/// The same alphabet for given bytes, most significant bit first.
std::string base32(std::string_view bytes);
/// The reverse. invalid: something else, or not what base32() makes of any bytes.
Result<std::string> from_base32(std::string_view text);
/// Nothing but letters of that alphabet.
bool is_base32(std::string_view text);

}  // namespace maildrop
