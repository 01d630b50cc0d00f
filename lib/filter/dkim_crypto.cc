/// dkim_crypto.cc: OpenSSL's EVP. What it puts into its queue of errors is taken out again: TLS reads that, too.
#include "filter/dkim_crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <new>
#include <optional>

#include "filter/dkim_rsa_key.h"

namespace maildrop::filter {

namespace {

EVP_MD_CTX* as_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }
EVP_PKEY* as_key(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
const unsigned char* as_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Nothing but a lack of memory makes these fail.
void require(bool done) {
  if (!done) throw std::bad_alloc();
}

struct ErrorsTaken {
  ~ErrorsTaken() { ERR_clear_error(); }
};

std::shared_ptr<void> owned_key(EVP_PKEY* key) {
  return {key, [](void* each) { EVP_PKEY_free(static_cast<EVP_PKEY*>(each)); }};
}

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

template <class T>
Owned<T> owned(T* made, void (*freed)(T*)) {
  require(made != nullptr);
  return {made, freed};
}

Owned<BIGNUM> number(std::string_view bytes) {
  return owned(BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr), BN_free);
}

std::shared_ptr<void> make_rsa(const DkimRsaKey& rsa) {
  const auto modulus = number(rsa.modulus), exponent = number(rsa.exponent);
  const auto builder = owned(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  require(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
  const auto parameters = owned(OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
  const auto context = owned(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return owned_key(key);
}

std::string between(std::size_t least, std::size_t most, const char* what) {
  return std::string(what) + " of less than " + std::to_string(least) + " or more than " + std::to_string(most) +
         " bits";
}

}  // namespace

void DkimDigest::Freed::operator()(void* context) const { EVP_MD_CTX_free(as_context(context)); }

DkimDigest::DkimDigest() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_DigestInit_ex(as_context(context_.get()), EVP_sha256(), nullptr) == 1);
}

void DkimDigest::add(std::string_view bytes) {
  require(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()) == 1);
}

std::string DkimDigest::value() const {
  const std::unique_ptr<void, Freed> copy(EVP_MD_CTX_new());
  std::array<unsigned char, 32> digest;
  require(copy != nullptr && EVP_MD_CTX_copy_ex(as_context(copy.get()), as_context(context_.get())) == 1 &&
          EVP_DigestFinal_ex(as_context(copy.get()), digest.data(), nullptr) == 1);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<DkimPublicKey> DkimPublicKey::parse(DkimAlgorithm algorithm, std::string_view bytes) {
  const ErrorsTaken taken;
  if (algorithm == DkimAlgorithm::ed25519_sha256) {
    auto key = owned_key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_bytes(bytes), bytes.size()));
    if (!key) return fail(Code::invalid, "p= is no ed25519 key");
    return DkimPublicKey(algorithm, std::move(key));
  }
  const std::optional<DkimRsaKey> rsa = DkimRsaKey::parse(bytes);
  if (!rsa) return fail(Code::invalid, "p= is no RSA key");
  const std::size_t bits = bits_of(rsa->modulus);
  if (bits < kLeastBits || bits > kMostBits) return fail(Code::invalid, between(kLeastBits, kMostBits, "an RSA key"));
  if (bits_of(rsa->exponent) > kMostExponentBits) return fail(Code::invalid, "an RSA key with a long exponent");
  auto key = make_rsa(*rsa);
  if (!key) return fail(Code::invalid, "p= is no RSA key");
  return DkimPublicKey(algorithm, std::move(key));
}

bool DkimPublicKey::verifies(std::string_view digest, std::string_view signature) const {
  const ErrorsTaken taken;
  return algorithm_ == DkimAlgorithm::rsa_sha256 ? verifies_rsa(digest, signature)
                                                 : verifies_ed25519(digest, signature);
}

bool DkimPublicKey::verifies_rsa(std::string_view digest, std::string_view signature) const {
  const auto context = owned(EVP_PKEY_CTX_new(as_key(key_), nullptr), EVP_PKEY_CTX_free);
  return EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
         EVP_PKEY_verify(context.get(), as_bytes(signature), signature.size(), as_bytes(digest), digest.size()) == 1;
}

/// What is signed is the hash (RFC 8463 3), by PureEdDSA.
bool DkimPublicKey::verifies_ed25519(std::string_view digest, std::string_view signature) const {
  const auto context = owned(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, as_key(key_)) == 1 &&
         EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(digest), digest.size()) == 1;
}

}  // namespace maildrop::filter
