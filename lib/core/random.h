/// random.h: what nobody can guess, from the kernel.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop {

/// `bytes` random bytes written as lower-case base32 (`0-9a-z` without i l o u), 5 bits a character, rounded up.
/// Thread-safe; blocks only before the kernel's pool is first filled.
std::string random_name(std::size_t bytes);

/// The same alphabet for given bytes, most significant bit first.
std::string base32(std::string_view bytes);

}  // namespace maildrop
