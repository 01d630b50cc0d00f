/// hmac.h: HMAC (RFC 2104) with SHA-256.
#pragma once

#include <string>
#include <string_view>

namespace maildrop::report {

/// 64 hexadecimal digits. Thread-safe. Throws std::bad_alloc where OpenSSL has no memory.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace maildrop::report
