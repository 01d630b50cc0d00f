/// md5.cc: the digest of OpenSSL.
#include "mail/md5.h"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "core/text.h"

namespace maildrop::mail {

std::string md5_hex(std::string_view bytes) {
  std::array<unsigned char, 16> digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) throw std::bad_alloc();
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace maildrop::mail
