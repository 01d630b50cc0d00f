/// sha256_test.cc: the examples of FIPS 180-2, in pieces and whole.
#include "mail/sha256.h"

#include <catch2/catch.hpp>

using maildrop::mail::Sha256;

namespace {

std::string digest(std::string_view text) {
  Sha256 sha;
  sha.add(text);
  return sha.hex();
}

}  // namespace

TEST_CASE("sha256: examples") {
  CHECK(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: pieces are the whole") {
  Sha256 sha;
  sha.add("");
  sha.add("a");
  sha.add("bc");
  CHECK(sha.hex() == digest("abc"));
}
