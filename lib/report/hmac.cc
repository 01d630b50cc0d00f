/// hmac.cc: by OpenSSL.
#include "report/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

#include "core/text.h"

namespace maildrop::report {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
            reinterpret_cast<unsigned char*>(digest.data()), &size))
    throw std::bad_alloc();
  return to_hex(std::string_view(digest).substr(0, size));
}

}  // namespace maildrop::report
