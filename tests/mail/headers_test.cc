/// headers_test.cc: where fields and headers end, and that nothing grows beyond its cap.
#include "mail/headers.h"

#include <catch2/catch.hpp>
#include <string>

#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

/// Fields as `name=value|`, controls written out, then the body.
std::string shown(std::string_view text) {
  const Headers headers = scan_headers(text);
  std::string out;
  for (const auto& field : headers.fields) {
    out.append(field.name).append("=");
    for (const char c : field.value) out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string(1, c);
    out += "|";
  }
  return out.append(text.substr(headers.body));
}

TEST_CASE("a header ends at the empty line, or at what is no field") {
  struct {
    std::string text, want;
  } const cases[] = {
      {"", ""},
      {"\r\n", ""},
      {"\nbody", "body"},
      {"A: 1\r\nB: 2\r\n\r\nbody", "A= 1|B= 2|body"},
      {"A: 1\nB: 2\n\nbody", "A= 1|B= 2|body"},
      {"A: 1\r\nB: 2", "A= 1|B= 2|"},
      {"A: 1\r\n", "A= 1|"},
      {"A:1\r\n \tfolded\r\n more\r\nB:\r\n\r\n", "A=1\\r\\n \tfolded\\r\\n more|B=|"},
      {"A: 1\r\n \r\nB: 2\r\n\r\nx", "A= 1\\r\\n |B= 2|x"},
      {"A : 1\r\n\r\n", "A= 1|"},
      {"A: 1\r\nno field\r\n\r\nx", "A= 1|no field\r\n\r\nx"},
      {"no field", "no field"},
      {" A: 1\r\n\r\n", " A: 1\r\n\r\n"},
      {": 1\r\n\r\n", ": 1\r\n\r\n"},
      {"A\xC3\xA9: 1\r\n\r\n", "A\xC3\xA9: 1\r\n\r\n"},
      {"A B: 1\r\n\r\n", "A B: 1\r\n\r\n"},
      {"From bob Mon Jan  1\r\nA: 1\r\n\r\nx", "A= 1|x"},
      {"From bob", ""},
      {"From : bob\r\nA: 1\r\n\r\nx", "From= bob|A= 1|x"},  // RFC 5322 4.5
      {"A: 1\r\nFrom bob\r\n\r\nx", "A= 1|From bob\r\n\r\nx"},
      {"A: 1\rB: 2\r\n\r\nx", "A= 1\\rB: 2|x"},
      {"A: 1\r\r\n\r\nx", "A= 1\\r|x"},
      {std::string("A: 1\0\r\n\r\nx", 10), std::string("A= 1\0|x", 7)},
      {"A: 1\r\n\r", "A= 1|\r"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(shown(c.text) == c.want);
  }
}

TEST_CASE("find ignores case; the first field is found") {
  const std::string text = "Received: a\r\nSUBJECT: one\r\nreceived: b\r\nSubject: two\r\n\r\n";
  const Headers headers = scan_headers(text);
  REQUIRE(headers.find("subject") != nullptr);
  CHECK(headers.find("subject")->value == " one");
  CHECK(headers.find("subjec") == nullptr);
}

TEST_CASE("fields beyond the cap are skipped, but the header's end is found") {
  const std::string text = repeat("a:\n", 150'000) + "\nbody";
  const Headers headers = scan_headers(text, {.fields = 1000, .field_size = 100, .size = 1 << 20});
  CHECK(headers.fields.size() == 1000);
  CHECK(headers.fields.capacity() <= 2048);
  CHECK(headers.truncated);
  CHECK(text.substr(headers.body) == "body");
}

TEST_CASE("tiny fields without number allocate no more than the cap") {
  const std::string text = repeat("a:\n", (512 * 1024) / 3) + repeat("b:\n", 1'000'000);
  const Headers headers = scan_headers(text);
  CHECK(headers.fields.size() == HeaderLimits{}.fields);
  CHECK(headers.fields.capacity() <= 2 * HeaderLimits{}.fields);
  CHECK(headers.truncated);
  CHECK(headers.body == HeaderLimits{}.size);
}

TEST_CASE("a value beyond its cap is cut, folded or not") {
  for (const std::string piece : {"x", "\r\n x"}) {
    const std::string text = "A: " + repeat(piece, 25'000) + "\r\nB: 2\r\n\r\nbody";
    const Headers headers = scan_headers(text);
    REQUIRE(headers.fields.size() == 2);
    CHECK(headers.fields[0].value.size() == HeaderLimits{}.field_size);
    CHECK(headers.fields[1].value == " 2");
    CHECK(headers.truncated);
    CHECK(text.substr(headers.body) == "body");
  }
}

TEST_CASE("a line without an end is looked at up to the cap") {
  const Headers headers = scan_headers("A: " + std::string(1 << 20, 'x'));
  CHECK(headers.truncated);
  CHECK(headers.body == HeaderLimits{}.size);
  CHECK_FALSE(scan_headers("A: 1\r\n\r\n").truncated);
}

TEST_CASE("a line begins a field when it has a name and a colon") {
  for (const std::string line : {"A:", "a-b: 1", "A :", "A\t :x"}) CHECK(begins_field(line));
  for (const std::string line : {"", ":", " A:", "A", "A B:", "A\x01:", "A\xC3\xA9:"}) CHECK_FALSE(begins_field(line));
}

TEST_CASE("unfold takes out line ends and trims") {
  struct {
    std::string text, want;
  } const cases[] = {
      {" a", "a"},      {"a\r\n b", "a b"},  {"a\n\tb\r\n c \r\n", "a\tb c"}, {"", ""}, {" \r\n ", ""},
      {"a\rb", "a\rb"}, {"\r\n\r\n a", "a"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(unfold(c.text) == c.want);
  }
}

TEST_CASE("headers: only fields of a kind") {
  const Headers headers =
      scan_headers("A: 1\r\ncontent-a: 2\r\nB: 3\r\n more\r\nContent-B: 4\r\nContent-C: 5\r\n\r\nbody",
                   {.fields = 2, .prefix = "Content-"});
  REQUIRE(headers.fields.size() == 2);
  CHECK(headers.fields[0].value == " 2");
  CHECK(headers.fields[1].name == "Content-B");
  CHECK(headers.body == 63);
  CHECK(headers.skipped);
  CHECK_FALSE(scan_headers("A: 1\r\nB: 2\r\nContent-A: 3\r\n\r\n", {.fields = 1, .prefix = "Content-"}).skipped);
  CHECK(scan_headers("A: 1\r\nB: 2\r\n", {.fields = 1}).skipped);
  CHECK(scan_headers("A: 1\r\nB: 2\r\n", {.size = 8}).skipped);
}

}  // namespace
}  // namespace maildrop::mail
