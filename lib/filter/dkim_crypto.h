/// dkim_crypto.h: hashes and public keys for DKIM; all of OpenSSL that filters use.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "filter/dkim_signature.h"

namespace maildrop::filter {

/// SHA-256 of bytes that come in pieces. Not thread-safe. Throws std::bad_alloc where OpenSSL has no memory.
class DkimDigest {
 public:
  DkimDigest();
  void add(std::string_view bytes);
  /// 32 bytes, of what was added until now; more may follow.
  std::string value() const;

 private:
  struct Freed {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Freed> context_;
};

/// A public key that is good for DKIM. Thread-safe: it never changes.
class DkimPublicKey {
 public:
  static constexpr std::size_t kLeastBits = 1024;  // RFC 8301 3.2
  /// RSA beyond costs more than a message is worth: a signature takes 54 us with 4,096 bits, and 740 with 15,360.
  static constexpr std::size_t kMostBits = 4096;
  /// The same: with 65537 one of 3,072 bits takes 35 us, with an exponent as long as the key 4,700.
  static constexpr std::size_t kMostExponentBits = 64;

  /// `bytes`: of RSA SubjectPublicKeyInfo (RFC 6376 3.6.1 as its erratum 3017 has it) or RSAPublicKey, of ed25519 the
  /// 32 bytes of the key (RFC 8463 4.2).
  ///   invalid   it is no key, or beyond these limits
  static Result<DkimPublicKey> parse(DkimAlgorithm algorithm, std::string_view bytes);

  /// Whether that is its signature of a text with that SHA-256.
  bool verifies(std::string_view digest, std::string_view signature) const;

 private:
  DkimPublicKey(DkimAlgorithm algorithm, std::shared_ptr<void> key) : algorithm_(algorithm), key_(std::move(key)) {}
  bool verifies_rsa(std::string_view digest, std::string_view signature) const;
  bool verifies_ed25519(std::string_view digest, std::string_view signature) const;

  DkimAlgorithm algorithm_;
  std::shared_ptr<void> key_;
};

}  // namespace maildrop::filter
