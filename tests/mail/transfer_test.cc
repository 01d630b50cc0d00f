/// transfer_test.cc: base64 and quoted-printable, whole and broken.
#include "mail/transfer.h"

#include <catch2/catch.hpp>
#include <string>

namespace maildrop::mail {
namespace {

TEST_CASE("a transfer encoding is taken off, and what is broken gives what it can") {
  struct {
    std::string bytes, encoding, want;
  } const cases[] = {
      {"aGVsbG8=", "base64", "hello"},
      {"aGVs\r\nbG8=\r\n", "base64", "hello"},
      {"aGVs!!bG8", "base64", "hello"},
      {"====", "base64", ""},
      {"aGVsbA", "base64", "hell"},
      {"aGVsb", "base64", "hel"},
      {"", "base64", ""},
      {"caf=C3=A9=\r\n!", "quoted-printable", "caf\xC3\xA9!"},
      {"a=ZZb=", "quoted-printable", "a=ZZb"},
      {"a=3", "quoted-printable", "a"},
      {"as =3D is", "8bit", "as =3D is"},
      {"as =3D is", "", "as =3D is"},
      {"begin 644 x", "x-uuencode", "begin 644 x"},
  };
  for (const auto& c : cases) {
    INFO(c.encoding << " " << c.bytes);
    CHECK(decode_transfer(c.bytes, c.encoding, 100) == c.want);
  }
  for (const std::string encoding : {"base64", "quoted-printable", "7bit"}) {
    CHECK(decode_transfer(std::string(1 << 20, 'A'), encoding, 1000).size() == 1000);
    CHECK(decode_transfer(std::string(1 << 20, '='), encoding, 1000).size() <= 1000);
    CHECK(decode_transfer("aGVsbG8=", encoding, 0).empty());
  }
  CHECK(decode_transfer(std::string(400'000, 'A'), "base64", 1 << 20).size() == 300'000);  // over several steps
}

}  // namespace
}  // namespace maildrop::mail
