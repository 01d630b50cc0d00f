/// charsets_test.cc: bytes of many charsets, honest and hostile, and what a message may open.
#include "mail/charsets.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/text.h"
#include "mail/charset_names.h"

namespace maildrop::mail {
namespace {

const std::string kFffd = "\xEF\xBF\xBD";

TEST_CASE("bytes of a charset become valid UTF-8") {
  struct {
    std::string bytes, charset, want;
  } const cases[] = {
      {"caf\xC3\xA9", "utf-8", "caf\xC3\xA9"},
      {"caf\xE9", "UTF-8", "caf" + kFffd},
      {"caf\xE9", "iso-8859-1", "caf\xC3\xA9"},
      {"\x93", "ISO-8859-1", "\xE2\x80\x9C"},
      {"\xA4", "iso-8859-15", "\xE2\x82\xAC"},
      {"caf\xC3\xA9", "", "caf\xC3\xA9"},
      {"caf\xE9", "", "caf\xC3\xA9"},
      {"caf\xE9", "us-ascii", "caf\xC3\xA9"},
      {"caf\xC3\xA9", "no-such-charset", "caf\xC3\xA9"},
      {"caf\xE9", "no-such-charset", "caf\xC3\xA9"},
      {"caf\xE9", "utf-16//IGNORE", "caf\xC3\xA9"},
      {"caf\xE9", "../../etc/passwd", "caf\xC3\xA9"},
      {"\x81", "windows-1252", kFffd},
      {"\x82\xA0", "shift_jis", "\xE3\x81\x82"},
      {"\xB0\xA1", "ks_c_5601-1987", "\xEA\xB0\x80"},
      {"\xC4\xE3", "gb2312", "\xE4\xBD\xA0"},
      {"\x1B$B$\"\x1B(B", "iso-2022-jp", "\xE3\x81\x82"},
      {std::string("\0a\0b", 4), "utf-16be", "ab"},
      {"+AOk-", "utf-7", "\xC3\xA9"},
      {"a\x81", "gb18030", "a" + kFffd},
      {std::string("a\0b", 3), "utf-8", std::string("a\0b", 3)},
  };
  for (const auto& c : cases) {
    INFO(c.charset << " " << c.bytes);
    CHECK(decode_charset(c.bytes, c.charset, 1000) == c.want);
  }
  CHECK(decode_charset("abcdef", "utf-8", 3) == "abc");
  CHECK(decode_charset("abcdef", "koi8-r", 3) == "abc");
}

TEST_CASE("what leaves a converter stuck behind its end ends") {
  // Of glibc's ISO-2022-CN-EXT, which says that there is a fault when there is nothing left: it is not opened, but who
  // knows which other does.
  for (const std::string bytes : {"\x0E\x5C\x1B\x0E", "\x2E\x41\x0F\x4D\x42\x41\x0E"}) {
    for (const std::string_view charset : iconv_names()) CHECK(is_valid_utf8(decode_charset(bytes, charset, 100)));
    CHECK(decode_charset(bytes, "iso-2022-cn-ext", 100) == bytes);
  }
}

TEST_CASE("escapes and shifts in any charset end, bounded and valid") {
  constexpr std::string_view kPieces[] = {"\x1B",   "\x0E",   "\x0F", "\x1B$)A", "\x1B$)G", "\x1B$*H", "\x1BN", "\x1BO",
                                          "\x1B$B", "\x1B(B", "~{",   "~}",      "+",       "-",       "A",     "\x5C",
                                          "\x8E",   "\xA1",   "\xFE", "\n",      "\x81",    "0",       "\xFF",  "z"};
  unsigned seed = 1;
  const auto dice = [&seed](unsigned sides) { return ((seed = seed * 1664525U + 1013904223U) >> 8) % sides; };
  for (const std::string_view charset : iconv_names()) {
    INFO(charset);
    for (int round = 0; round < 300; ++round) {
      std::string bytes;
      for (unsigned n = 1 + dice(12); n > 0; --n) bytes += kPieces[dice(std::size(kPieces))];
      const std::string out = decode_charset(bytes, charset, bytes.size());
      REQUIRE(is_valid_utf8(out));
      REQUIRE(out.size() <= 12 * bytes.size() + 12);
    }
  }
}

TEST_CASE("any bytes in any charset end, bounded and valid") {
  std::string bytes;
  unsigned seed = 1;
  for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
  for (const std::string charset :
       {"utf-7", "utf-16", "utf-32", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz", "big5", "big5-hkscs", "euc-jp",
        "euc-tw", "gb18030", "shift_jisx0213", "viscii", "tcvn", "koi8-u", "armscii-8"}) {
    INFO(charset);
    const std::string out = decode_charset(bytes, charset, bytes.size());
    CHECK(is_valid_utf8(out));
    CHECK(out.size() <= 6 * bytes.size());
    CHECK(is_valid_utf8(decode_charset(std::string(20'000, '\x1B'), charset, 20'000)));
    CHECK(is_valid_utf8(decode_charset(std::string(20'000, '\xFF'), charset, 20'000)));
  }
}

TEST_CASE("a message opens few charsets, and what is unknown takes no place") {
  Charsets charsets;
  for (int i = 0; i < 100; ++i) CHECK(charsets.known("x-" + std::to_string(i)).empty());
  CHECK(charsets.opened() == 0);
  for (int i = 1; i <= 16; ++i) charsets.known("iso-8859-" + std::to_string(i));
  CHECK(charsets.opened() == Charsets::kMost);
  CHECK(charsets.known("koi8-r").empty());
  CHECK(decode_charset("caf\xC3\xA9", "koi8-r", 10, charsets) == "caf\xC3\xA9");
  CHECK(charsets.known("ISO_8859-2") == "ISO-8859-2");
  CHECK(charsets.known("utf8") == "UTF-8");
  CHECK(charsets.known("ascii") == "US-ASCII");
  Charsets others;
  for (const char* const name : {"koi8-r", "big5", "gbk", "euc-jp", "cp1250", "cp1251", "tis-620", "koi8-u", "euc-kr"})
    others.known(name);
  CHECK(decode_charset("caf\xE9", "", 10, others) == "caf\xC3\xA9");  // what we fall back to has a place of its own
  CHECK(others.opened() == Charsets::kMost + 1);
}

}  // namespace
}  // namespace maildrop::mail
