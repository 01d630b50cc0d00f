/// parameters_test.cc: parameters by RFC 2045 and RFC 2231, and names of files.
#include "mail/parameters.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/text.h"
#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

TEST_CASE("the value stands before the parameters") {
  struct {
    std::string field, want;
  } const cases[] = {
      {" Text/HTML; charset=x", "text/html"},
      {"text / html", "text/html"},
      {"text/plain charset=utf-8", "text/plain"},
      {"(a) text (b) / (c) html (d); x=y", "text/html"},
      {"", ""},
      {";", ""},
      {"attachment", "attachment"},
      {"/", "/"},
      {" / x", "/x"},
      {"text/plain\r\n ;a=b", "text/plain"},
      {"attachment a/b", "attachment"},
  };
  for (const auto& c : cases) {
    INFO(c.field);
    CHECK(parse_parameters(c.field).value == c.want);
  }
}

TEST_CASE("a parameter is found in all its forms") {
  struct {
    std::string parameters, want;
  } const cases[] = {
      {"name=a.txt", "a.txt"},
      {"NAME = a.txt", "a.txt"},
      {"name=\"a b;c.txt\"", "a b;c.txt"},
      {"name=\"a\\\"b\\\\c\"", "a\"b\\c"},
      {"name=a.txt (comment; name=b)", "a.txt"},
      {"x=\"; name=b\"; name=a", "a"},
      {"name=a; name=b", "a"},
      {"name", ""},
      {"name=", ""},
      {"name=\"a", "a"},
      {"names=a", ""},
      {";;; name=a", "a"},
      {"junk; =; =x; name=a", "a"},
      {"name*=utf-8''caf%C3%A9", "caf\xC3\xA9"},
      {"name*=iso-8859-1'en'caf%E9", "caf\xC3\xA9"},
      {"name*=caf%C3%A9", "caf\xC3\xA9"},
      {"name*=utf-8''%ZZ%4", "%ZZ%4"},
      {"name=plain; name*=utf-8''extended", "extended"},
      {"name*0=a; name*1=b; name*2=c", "abc"},
      {"name*2=c; name*0=a; name*1=b", "abc"},
      {"name*0*=utf-8''caf; name*1*=%C3%A9; name*2=%41", "caf\xC3\xA9%41"},
      {"name*0*=iso-8859-1''a%E9; name*1*=%E9", "a\xC3\xA9\xC3\xA9"},
      {"name*0=a; name*2=c", "a"},
      {"name*1=b; name=x", "x"},
      {"name*01=b; name=x", "x"},
      {"name*99999999999*=b; name=x", "x"},
      {"name*-1=b; name=x", "x"},
  };
  for (const auto& c : cases) {
    INFO(c.parameters);
    Charsets charsets;
    CHECK(parse_parameters("text/plain; " + c.parameters).parameter("name", charsets) == c.want);
  }
}

TEST_CASE("hostile parameters end, bounded") {
  const std::string cases[] = {
      repeat("(", 100'000),
      repeat("(\\", 100'000),
      repeat("\"", 99'999),
      repeat("\\", 100'000),
      repeat(";a=b", 100'000),
      repeat(";name*0*=x", 100'000),
      repeat("=", 100'000),
      repeat("; name*0*=utf-8'", 10'000),
      "a;name=(",
      "a;name=\"\\",
      "a;(\\",
  };
  for (const auto& field : cases) {
    const ParameterizedField out = parse_parameters(field);
    CHECK(out.parameters.size() <= ParameterizedField::kMaxParameters);
    CHECK(out.value.size() <= 16 * 1024);
    Charsets charsets;
    CHECK(out.parameter("name", charsets).size() <= 16 * 1024);
  }
}

TEST_CASE("a file name is safe to save under") {
  struct {
    std::string name, want;
  } const cases[] = {
      {"report.pdf", "report.pdf"},
      {"caf\xC3\xA9.txt", "caf\xC3\xA9.txt"},
      {"../../etc/passwd", "passwd"},
      {"C:\\Users\\x\\a.doc", "a.doc"},
      {"..", ""},
      {".", ""},
      {"", ""},
      {"/", ""},
      {"a/", ""},
      {"a/..", ""},
      {"...", ""},
      {".htaccess", "htaccess"},
      {" a. ", "a"},
      {"a\r\nb\x1B[31m.txt", "ab[31m.txt"},
      {std::string("a\0b", 3), "ab"},
      {"gpj.\xE2\x80\xAE"
       "exe",
       "gpj.exe"},
      {"b\xFF.txt", "b.txt"},
      {std::string(300, 'a'), std::string(255, 'a')},
      {std::string(254, 'a') + "\xC3\xA9", std::string(254, 'a')},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    CHECK(safe_filename(c.name) == c.want);
  }
}

}  // namespace
}  // namespace maildrop::mail
