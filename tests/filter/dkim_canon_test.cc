/// dkim_canon_test.cc: canonical forms: those of RFC 6376 3.4.5, and of odd bytes.
#include "filter/dkim_canon.h"

#include <catch2/catch.hpp>

using namespace maildrop::filter;

namespace {

std::string body(DkimCanon canon, std::string_view text) {
  std::string out;
  canonicalise_body(canon, text, [&](std::string_view piece) { out += piece; });
  return out;
}
std::string simple(std::string_view text) { return body(DkimCanon::simple, text); }
std::string relaxed(std::string_view text) { return body(DkimCanon::relaxed, text); }

}  // namespace

TEST_CASE("the example of RFC 6376 3.4.5") {
  const std::string a = "A: X", b = "B : Y\t\r\n\tZ  ";
  CHECK(canonical_field(DkimCanon::relaxed, a) == "a:X");
  CHECK(canonical_field(DkimCanon::relaxed, b) == "b:Y Z");
  CHECK(canonical_field(DkimCanon::simple, b) == b);
  const std::string text = " C \r\nD \t E\r\n\r\n\r\n";
  CHECK(relaxed(text) == " C\r\nD E\r\n");
  CHECK(simple(text) == " C \r\nD \t E\r\n");
}

TEST_CASE("bodies that are nothing, or nearly") {
  CHECK(simple("") == "\r\n");  // 3.4.3
  CHECK(relaxed("").empty());   // 3.4.4
  CHECK(simple("\r\n\r\n") == "\r\n");
  CHECK(relaxed("\r\n \t\r\n").empty());
  CHECK(simple(" ") == " \r\n");
  CHECK(relaxed(" ").empty());
  CHECK(relaxed(" \r\n a") == "\r\n a\r\n");
}

TEST_CASE("the last line ends") {
  CHECK(simple("a") == "a\r\n");
  CHECK(relaxed("a \t") == "a\r\n");
  CHECK(relaxed("a\r\n\r\n \r\nb\r\n\r\n") == "a\r\n\r\n\r\nb\r\n");
}

TEST_CASE("bare CR and LF are bytes like others") {
  CHECK(simple("a\nb\n") == "a\nb\n\r\n");
  CHECK(relaxed("a \n  b\r\r\n\n") == "a \n b\r\r\n\n\r\n");
  CHECK(simple("a\n\r\n") == "a\n\r\n");
  CHECK(relaxed("a\r") == "a\r\r\n");
  CHECK(canonical_field(DkimCanon::relaxed, "A: b\n c\rd") == "a:b c\rd");
}

TEST_CASE("a body larger than a piece is whole") {
  std::string text, want;
  for (int i = 0; i < 3000; ++i) {
    text += "word  \t" + std::to_string(i) + " \r\n \r\n";
    want += "word " + std::to_string(i) + "\r\n\r\n";
  }
  CHECK(relaxed(text) == want.substr(0, want.size() - 2));
}

TEST_CASE("a line longer than a piece, with blanks where it is cut") {
  for (std::size_t words = 4085; words <= 4100; ++words)
    for (const std::size_t blanks : {1, 2, 9, 5000}) {
      const std::string before(words, 'w'), behind(9000, 'x');
      CHECK(relaxed(before + std::string(blanks, '\t') + behind + "  ") == before + " " + behind + "\r\n");
    }
}

TEST_CASE("of a signature its value is not signed, the rest is") {
  const std::string field = "DKIM-Signature:  a=1; b= x\r\n y ; c=2";
  const std::string_view raw = std::string_view(field).substr(field.find("b=") + 2, 7);
  REQUIRE(raw == " x\r\n y ");
  CHECK(canonical_field(DkimCanon::simple, field, raw) == "DKIM-Signature:  a=1; b=; c=2");
  CHECK(canonical_field(DkimCanon::relaxed, field, raw) == "dkim-signature:a=1; b=; c=2");
}
