/// sha256.cc: the digest of OpenSSL, which uses what the processor has for it.
#include "mail/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "core/text.h"

namespace maildrop::mail {
namespace {

EVP_MD_CTX* as_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

/// Nothing but a lack of memory makes these fail.
void must_succeed(bool done) {
  if (!done) throw std::bad_alloc();
}

}  // namespace

void Sha256::Freed::operator()(void* context) const { EVP_MD_CTX_free(as_context(context)); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  must_succeed(context_ != nullptr && EVP_DigestInit_ex(as_context(context_.get()), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
  must_succeed(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest;
  must_succeed(EVP_DigestFinal_ex(as_context(context_.get()), digest.data(), nullptr) == 1);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace maildrop::mail
