/// dkim_keys_test.cc: what is kept of keys, and how much.
#include "filter/dkim_keys.h"

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop::filter;
using test::DkimSigner;

namespace {

constexpr auto kRsa = DkimAlgorithm::rsa_sha256;
constexpr auto kEd25519 = DkimAlgorithm::ed25519_sha256;

/// 32 bytes are a key whatever they are, until it is used.
std::string some_key(std::size_t number) {
  std::string bytes = std::to_string(number);
  bytes.resize(32);
  return bytes;
}

}  // namespace

TEST_CASE("a key is made once, and verifies") {
  DkimKeys keys;
  const DkimSigner signer = DkimSigner::rsa(1024), other = DkimSigner::rsa(1024);
  for (int i = 0; i < 2; ++i) {
    const auto key = keys.parse(kRsa, signer.public_key());
    REQUIRE(key);
    CHECK(key->verifies(test::sha256("text"), signer.sign("text")));
    CHECK_FALSE(key->verifies(test::sha256("text"), other.sign("text")));
    CHECK(keys.size() == 1);
  }
  const auto key = keys.parse(kRsa, other.public_key());
  REQUIRE(key);
  CHECK(key->verifies(test::sha256("text"), other.sign("text")));
  CHECK(keys.size() == 2);
}

TEST_CASE("what is no key is not kept, nor is it one of another kind") {
  DkimKeys keys;
  CHECK_FALSE(keys.parse(kRsa, some_key(1)));
  CHECK(keys.size() == 0);
  CHECK(keys.parse(kEd25519, some_key(1)));
  CHECK_FALSE(keys.parse(kRsa, some_key(1)));
  CHECK(keys.size() == 1);
}

TEST_CASE("no more keys are kept than so many, whoever brings them") {
  DkimKeys keys;
  const DkimSigner signer = DkimSigner::ed25519();
  for (std::size_t i = 0; i < DkimKeys::kMost * 2; ++i) {
    CHECK(keys.parse(kEd25519, some_key(i)));
    const auto key = keys.parse(kEd25519, signer.public_key());  // wanted again and again
    REQUIRE(key);
    CHECK(keys.size() <= DkimKeys::kMost);
  }
  CHECK(keys.size() == DkimKeys::kMost);
  CHECK(keys.parse(kEd25519, signer.public_key())->verifies(test::sha256("text"), signer.sign("text")));
}
