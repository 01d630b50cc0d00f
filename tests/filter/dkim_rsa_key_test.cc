/// dkim_rsa_key_test.cc: RSA keys in DER, whole and broken.
#include "filter/dkim_rsa_key.h"

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop::filter;
using test::DkimSigner;

TEST_CASE("both forms are the same key") {
  for (const int bits : {768, 1024, 2048, 4096}) {
    const DkimSigner signer = DkimSigner::rsa(bits);
    const std::string whole = signer.public_key(), inner = signer.rsa_public_key();
    const auto one = DkimRsaKey::parse(whole), other = DkimRsaKey::parse(inner);
    REQUIRE(one);
    REQUIRE(other);
    CHECK(one->modulus == other->modulus);
    CHECK(bits_of(one->modulus) == static_cast<std::size_t>(bits));
    CHECK(one->exponent == std::string_view("\x01\x00\x01", 3));
    CHECK(other->exponent == one->exponent);
  }
}

TEST_CASE("keys that are cut, or have more") {
  const DkimSigner signer = DkimSigner::rsa(1024);
  for (const std::string& key : {signer.public_key(), signer.rsa_public_key()}) {
    for (std::size_t i = 0; i < key.size(); ++i) CHECK_FALSE(DkimRsaKey::parse(key.substr(0, i)));
    CHECK_FALSE(DkimRsaKey::parse(key + '\0'));
  }
}

TEST_CASE("bytes that are wrong") {
  const auto parse = [](std::initializer_list<int> bytes) {
    std::string text;
    for (const int byte : bytes) text.push_back(static_cast<char>(byte));
    return DkimRsaKey::parse(text).has_value();
  };
  CHECK(parse({0x30, 6, 2, 1, 5, 2, 1, 3}));
  CHECK(parse({0x30, 8, 2, 2, 0, 5, 2, 2, 0, 3}));
  CHECK(parse({0x30, 0x81, 6, 2, 1, 5, 2, 1, 3}));
  CHECK(parse({0x30, 0x82, 0, 6, 2, 1, 5, 2, 1, 3}));
  CHECK_FALSE(parse({0x30, 0x80, 2, 1, 5, 2, 1, 3, 0, 0}));     // of no definite length
  CHECK_FALSE(parse({0x30, 0x83, 0, 0, 6, 2, 1, 5, 2, 1, 3}));  // a length of three bytes
  CHECK_FALSE(parse({0x30, 0xFF, 0, 0, 6, 2, 1, 5, 2, 1, 3}));
  CHECK_FALSE(parse({0x30, 6, 2, 1, 0x85, 2, 1, 3}));  // negative
  CHECK_FALSE(parse({0x30, 5, 2, 0, 2, 1, 3}));        // nothing
  CHECK_FALSE(parse({0x30, 3, 2, 1, 5}));
  CHECK_FALSE(parse({0x30, 9, 2, 1, 5, 2, 1, 3, 2, 1, 1}));  // three primes, or what
  CHECK_FALSE(parse({0x31, 6, 2, 1, 5, 2, 1, 3}));
  CHECK_FALSE(parse({0x30, 0}));
}

TEST_CASE("keys of other algorithms") {
  CHECK_FALSE(DkimRsaKey::parse(DkimSigner::elliptic().public_key()));
  std::string key = DkimSigner::rsa(1024).public_key();
  const std::size_t oid = key.find("\x01\x01\x01\x05");
  REQUIRE(oid != std::string::npos);
  key[oid + 2] = 0x0A;  // RSASSA-PSS
  CHECK_FALSE(DkimRsaKey::parse(key));
}

TEST_CASE("numbers have bits") {
  CHECK(bits_of("") == 0);
  CHECK(bits_of("\x01") == 1);
  CHECK(bits_of("\xFF") == 8);
  CHECK(bits_of(std::string_view("\x01\x00", 2)) == 9);
}
