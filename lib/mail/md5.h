/// md5.h: MD5 (RFC 1321), for clients that compare an attachment with it. It proves nothing.
#pragma once

#include <string>
#include <string_view>

namespace maildrop::mail {

/// Lower-case hexadecimal. Throws std::bad_alloc where OpenSSL cannot.
std::string md5_hex(std::string_view bytes);

}  // namespace maildrop::mail
