/// dkim_rsa_key.h: an RSA key as it is published: DER (ITU-T X.690), of which only this is read. Pure.
///
/// By hand, since the decoders of OpenSSL 3.0 take 100 us for what is two numbers.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace maildrop::filter {

/// Big-endian, without zeros before; views into what was read.
struct DkimRsaKey {
  std::string_view modulus;
  std::string_view exponent;

  /// SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of rsaEncryption, or RSAPublicKey (RFC 8017 A.1.1), and nothing behind it.
  static std::optional<DkimRsaKey> parse(std::string_view der);
};

/// Of a number, big-endian.
std::size_t bits_of(std::string_view number);

}  // namespace maildrop::filter
