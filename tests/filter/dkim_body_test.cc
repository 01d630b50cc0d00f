/// dkim_body_test.cc: hashes of whole bodies and of their begin.
#include "filter/dkim_body.h"

#include <catch2/catch.hpp>

#include "filter/dkim_kit.h"

using namespace maildrop::filter;
using test::sha256;

TEST_CASE("all hashes of a body in one pass") {
  const std::string canonical = "one two\r\n";
  for (const std::string body : {"one two\r\n", "one \ttwo \r\n\r\n"}) {
    const DkimBodyHashes hashes(DkimCanon::relaxed, body, {std::nullopt, 0, 3, 8, 9, 10, UINT64_MAX});
    CHECK(hashes.size() == 9);
    for (const std::size_t length : {0u, 3u, 8u, 9u}) {
      REQUIRE(hashes.find(length));
      CHECK(*hashes.find(length) == sha256(canonical.substr(0, length)));
    }
    CHECK(*hashes.find(std::nullopt) == sha256(canonical));
    CHECK_FALSE(hashes.find(10));
    CHECK_FALSE(hashes.find(UINT64_MAX));
  }
}

TEST_CASE("the size is known though the whole body is not wanted") {
  const DkimBodyHashes hashes(DkimCanon::simple, "0123456789\r\n", {2});
  CHECK(hashes.size() == 12);
  CHECK(*hashes.find(2) == sha256("01"));
}

TEST_CASE("hashes of an empty body") {
  const DkimBodyHashes relaxed(DkimCanon::relaxed, "", {std::nullopt, 0, 1});
  CHECK(*relaxed.find(std::nullopt) == sha256(""));
  CHECK(*relaxed.find(0) == sha256(""));
  CHECK_FALSE(relaxed.find(1));
  const DkimBodyHashes simple(DkimCanon::simple, "", {std::nullopt, 0, 2});
  CHECK(*simple.find(std::nullopt) == sha256("\r\n"));
  CHECK(*simple.find(0) == sha256(""));
  CHECK(*simple.find(2) == sha256("\r\n"));
}

TEST_CASE("a length ends within a piece and between two") {
  const std::string body(100'000, 'x');
  const DkimBodyHashes hashes(DkimCanon::relaxed, body, {std::nullopt, 4095, 4096, 4097, 99'999});
  for (const std::size_t length : {4095u, 4096u, 4097u, 99'999u})
    CHECK(*hashes.find(length) == sha256(std::string_view(body).substr(0, length)));
  CHECK(*hashes.find(std::nullopt) == sha256(body + "\r\n"));
}
