/// dkim_crypto_test.cc: keys that are keys, and those that are not.
#include "filter/dkim_crypto.h"

#include <openssl/err.h>

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop::filter;
using test::DkimSigner;

namespace {

constexpr auto kRsa = DkimAlgorithm::rsa_sha256;
constexpr auto kEd25519 = DkimAlgorithm::ed25519_sha256;

std::string error_of(DkimAlgorithm algorithm, std::string_view bytes) {
  const auto key = DkimPublicKey::parse(algorithm, bytes);
  CHECK(ERR_peek_error() == 0);  // TLS would take it for its own
  return key ? "" : key.error().what;
}

/// A key of that many bytes, its other half being nobody's.
std::string fake(std::size_t bytes, const std::string& exponent, char last = '\xFF') {
  const auto element = [](char tag, const std::string& content) {
    const std::size_t size = content.size();
    return std::string{tag, '\x82', static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)} + content;
  };
  return element('\x30', element('\x02', '\x7F' + std::string(bytes - 2, '\xFF') + last) + element('\x02', exponent));
}

}  // namespace

TEST_CASE("a digest can be looked at on its way") {
  DkimDigest digest;
  CHECK(digest.value() == test::sha256(""));
  digest.add("a");
  CHECK(digest.value() == test::sha256("a"));
  digest.add("b");
  CHECK(digest.value() == test::sha256("ab"));
}

TEST_CASE("signatures are verified") {
  for (const bool rsa : {true, false}) {
    const DkimSigner signer = rsa ? DkimSigner::rsa() : DkimSigner::ed25519();
    const auto key = DkimPublicKey::parse(rsa ? kRsa : kEd25519, signer.public_key());
    REQUIRE(key);
    const std::string digest = test::sha256("text");
    std::string signature = signer.sign("text");
    CHECK(key->verifies(digest, signature));
    CHECK_FALSE(key->verifies(test::sha256("texT"), signature));
    CHECK_FALSE(key->verifies(digest, ""));
    CHECK_FALSE(key->verifies(digest, signature + "x"));
    CHECK_FALSE(key->verifies(digest, std::string(signature.size(), '\xFF')));
    CHECK_FALSE(key->verifies(digest, std::string(10'000, 'x')));
    signature[10] = static_cast<char>(signature[10] ^ 1);
    CHECK_FALSE(key->verifies(digest, signature));
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("an RSA key may be in either form") {
  const DkimSigner signer = DkimSigner::rsa(1024);
  const auto key = DkimPublicKey::parse(kRsa, signer.rsa_public_key());
  REQUIRE(key);
  CHECK(key->verifies(test::sha256("text"), signer.sign("text")));
}

TEST_CASE("RSA keys that are too weak, or cost too much") {
  const std::string bits = "an RSA key of less than 1024 or more than 4096 bits";
  CHECK(error_of(kRsa, DkimSigner::rsa(768).public_key()) == bits);
  CHECK(error_of(kRsa, DkimSigner::rsa(1024, 3).public_key()).empty());
  CHECK(error_of(kRsa, fake(512, std::string(3, '\x7F'))).empty());
  CHECK(error_of(kRsa, fake(514, std::string(3, '\x7F'))) == bits);
  CHECK(error_of(kRsa, fake(4096, std::string(3, '\x7F'))) == bits);
  CHECK(error_of(kRsa, fake(256, std::string(8, '\x7F'))).empty());
  CHECK(error_of(kRsa, fake(256, std::string(9, '\x7F'))) == "an RSA key with a long exponent");
  CHECK(error_of(kRsa, fake(256, std::string(255, '\x7F'))) == "an RSA key with a long exponent");
}

TEST_CASE("what is no key") {
  const std::string rsa = DkimSigner::rsa(1024).public_key();
  const std::string no_rsa = "p= is no RSA key";
  CHECK(error_of(kRsa, "") == no_rsa);
  CHECK(error_of(kRsa, "x") == no_rsa);
  CHECK(error_of(kRsa, std::string(10'000, '\x30')) == no_rsa);
  CHECK(error_of(kRsa, rsa + "x") == no_rsa);
  CHECK(error_of(kRsa, rsa.substr(0, rsa.size() - 1)) == no_rsa);
  CHECK(error_of(kRsa, DkimSigner::elliptic().public_key()) == no_rsa);
  CHECK(error_of(kRsa, DkimSigner::ed25519().public_key()) == no_rsa);
  for (std::size_t i = 0; i < rsa.size(); ++i) error_of(kRsa, rsa.substr(0, i));
  CHECK(error_of(kEd25519, rsa) == "p= is no ed25519 key");
  CHECK(error_of(kEd25519, std::string(31, 'x')) == "p= is no ed25519 key");
  CHECK(error_of(kEd25519, std::string(33, 'x')) == "p= is no ed25519 key");
}

TEST_CASE("RSA keys of odd numbers verify nothing, and break nothing") {
  for (const char last : {'\xFF', '\x00'})
    for (const std::string& exponent : {std::string(1, '\0'), std::string("\x01"), std::string("\x02")}) {
      const auto key = DkimPublicKey::parse(kRsa, fake(256, exponent, last));
      if (key) CHECK_FALSE(key->verifies(test::sha256("text"), std::string(256, '\x55')));
      CHECK(ERR_peek_error() == 0);
    }
}

TEST_CASE("an ed25519 key that is no point verifies nothing") {
  const auto key = DkimPublicKey::parse(kEd25519, std::string(32, '\xFF'));
  if (key) CHECK_FALSE(key->verifies(test::sha256("text"), std::string(64, '\0')));
}
