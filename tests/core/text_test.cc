/// text_test.cc: strangers' bytes never reach a terminal or a log line as controls.
#include "core/text.h"

#include <catch2/catch.hpp>

using namespace maildrop;

namespace {

struct Hostile {
  const char* what;
  std::string bytes;
  std::string terminal;  // with X for U+FFFD
  std::string log;
};

const Hostile kHostile[] = {
    {"window title by OSC", "a\x1b]0;t\x07z", "aX]0;tXz", "a\\x1B]0;t\\x07z"},
    {"hyperlink by OSC 8", "\x1b]8;;u\x1b\\", "X]8;;uX\\", "\\x1B]8;;u\\x1B\\\\"},
    {"clipboard by OSC 52", "\x1b]52;c;QQ\x07", "X]52;c;QQX", "\\x1B]52;c;QQ\\x07"},
    {"raw C1 CSI",
     "\x9b"
     "2J",
     "X2J", "\\x9B2J"},
    {"C1 CSI as UTF-8",
     "\xC2\x9b"
     "2J",
     "X2J", "\\u{009B}2J"},
    {"U+0080", "\xC2\x80", "X", "\\u{0080}"},
    {"NUL", std::string("a\0b", 3), "aXb", "a\\x00b"},
    {"CR LF forges a line", "a\r\nb", "aXXb", "a\\x0D\\x0Ab"},
    {"DEL", "\x7f", "X", "\\x7F"},
    {"U+202E", "\xE2\x80\xAE", "X", "\\u{202E}"},
    {"U+202A", "\xE2\x80\xAA", "X", "\\u{202A}"},
    {"U+2066", "\xE2\x81\xA6", "X", "\\u{2066}"},
    {"U+2069", "\xE2\x81\xA9", "X", "\\u{2069}"},
    {"U+200E", "\xE2\x80\x8E", "X", "\\u{200E}"},
    {"U+200F", "\xE2\x80\x8F", "X", "\\u{200F}"},
    {"U+061C", "\xD8\x9C", "X", "\\u{061C}"},
    {"U+2028", "\xE2\x80\xA8", "X", "\\u{2028}"},
    {"U+2029", "\xE2\x80\xA9", "X", "\\u{2029}"},
    {"U+200B", "\xE2\x80\x8B", "X", "\\u{200B}"},
    {"a joiner stays: man technologist", "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x92\xBB",
     "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x92\xBB", "\xF0\x9F\x91\xA8\\u{200D}\xF0\x9F\x92\xBB"},
    {"a non-joiner stays: mi-khaham", "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE", "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE",
     "\xD9\x85\xDB\x8C\\u{200C}\xD8\xAE"},
    {"U+FEFF", "\xEF\xBB\xBF", "X", "\\u{FEFF}"},
    {"tag letter", "\xF3\xA0\x81\x81", "X", "\\u{E0041}"},
    {"overlong slash", "\xC0\xAF", "XX", "\\xC0\\xAF"},
    {"overlong in three", "\xE0\x80\xAF", "XXX", "\\xE0\\x80\\xAF"},
    {"surrogate", "\xED\xA0\x80", "XXX", "\\xED\\xA0\\x80"},
    {"beyond U+10FFFF", "\xF4\x90\x80\x80", "XXXX", "\\xF4\\x90\\x80\\x80"},
    {"cut off", "a\xE2\x82", "aXX", "a\\xE2\\x82"},
    {"lone continuation", "\x80", "X", "\\x80"},
    {"soft hyphen stays", "a\xC2\xAD", "a\xC2\xAD", "a\xC2\xAD"},
    {"letters stay", "\xC3\xA9\xE4\xB8\x96", "\xC3\xA9\xE4\xB8\x96", "\xC3\xA9\xE4\xB8\x96"},
};

std::string marked(std::string text) {
  for (std::size_t at; (at = text.find("\xEF\xBF\xBD")) != std::string::npos;) text.replace(at, 3, "X");
  return text;
}

std::string log_value(std::string_view text, std::size_t max = 256) {
  std::string out;
  append_log_value(out, text, max);
  return out;
}

}  // namespace

TEST_CASE("hostile text is taken out for terminals and escaped for logs") {
  for (const Hostile& h : kHostile) {
    CAPTURE(h.what);
    CHECK(marked(terminal_safe(h.bytes)) == h.terminal);
    CHECK(log_value(h.bytes) == h.log);
    CHECK(is_valid_utf8(terminal_safe(h.bytes)));
    CHECK(is_valid_utf8(valid_utf8(h.bytes)));
  }
}

TEST_CASE("bytes beyond ASCII are found wherever they stand") {
  for (std::size_t before = 0; before < 20; ++before)
    for (std::size_t behind = 0; behind < 20; ++behind) {
      const std::string a(before, 'a'), b(behind, 'b');
      CHECK(is_valid_utf8(a + "\xC3\xBC" + b));
      CHECK(valid_utf8(a + "\xC3\xBC" + b) == a + "\xC3\xBC" + b);
      CHECK_FALSE(is_valid_utf8(a + "\xFF" + b));
      CHECK(valid_utf8(a + "\xFF" + b + "\x80") == a + "\xEF\xBF\xBD" + b + "\xEF\xBF\xBD");
    }
}

TEST_CASE("many lines keep newline and tab and nothing else") {
  CHECK(terminal_safe("a\r\nb\tc\n", Lines::many) == "a\nb\tc\n");
  CHECK(marked(terminal_safe("a\rb\x1b", Lines::many)) == "aXbX");
}

TEST_CASE("a log value is one unambiguous word") {
  CHECK(log_value("") == "\"\"");
  CHECK(log_value("a b") == "\"a b\"");
  CHECK(log_value("a=b") == "\"a=b\"");
  CHECK(log_value("a\"b\\") == "\"a\\\"b\\\\\"");
  CHECK(log_value("abcdef", 3) == "abc...");
  CHECK(log_value("ab\xC3\xA9", 3) == "ab...");  // never within a character
}

TEST_CASE("a mebibyte of anything is bounded") {
  const std::string escapes(1 << 20, '\x1b');
  CHECK(terminal_safe(escapes).size() == 3 * escapes.size());
  CHECK(log_value(escapes).size() == 256 * 4 + 3);
}

TEST_CASE("width counts columns and cutting keeps characters whole") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("\xE4\xB8\x96") == 2);               // CJK
  CHECK(display_width("\xF0\x9F\x98\x80") == 2);           // emoji
  CHECK(display_width("e\xCC\x81") == 1);                  // combining acute
  CHECK(display_width("a\xE2\x80\x8C\xE2\x80\x8D") == 1);  // joiners
  CHECK(cut_to_width("abc", 3) == "abc");
  CHECK(cut_to_width("abcd", 3) == "ab\xE2\x80\xA6");
  CHECK(cut_to_width("a\xE4\xB8\x96"
                     "b",
                     3) == "a\xE2\x80\xA6");
  CHECK(cut_to_width("e\xCC\x81xyz", 2) == "e\xCC\x81\xE2\x80\xA6");
  CHECK(cut_to_width("abc", 0).empty());
}

TEST_CASE("small helpers") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n").empty());
  CHECK(split("", ',').size() == 1);
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(equals_ignoring_case("AbC", "aBc"));
  CHECK_FALSE(equals_ignoring_case("ab", "abc"));
  const std::string_view names[] = {"smtp.listen", "api.listen", "log.level"};
  CHECK(nearest("smtp.lisen", names) == "smtp.listen");
  CHECK(nearest("log.elvel", names) == "log.level");
  CHECK(nearest("nothing.like", names).empty());
  CHECK(nearest(std::string(100000, 'a'), names).empty());
}

TEST_CASE("sizes read and write back") {
  const std::pair<const char*, std::uint64_t> good[] = {
      {"0", 0}, {"4096", 4096}, {"512KiB", 524288}, {"10MB", 10'000'000}, {"1g", 1u << 30}, {"2k", 2048}};
  for (const auto& [text, bytes] : good) {
    CAPTURE(text);
    REQUIRE(parse_size(text));
    CHECK(*parse_size(text) == bytes);
    CHECK(*parse_size(format_size(bytes)) == bytes);
  }
  for (const char* bad : {"", "KiB", "-1", "+1", "1.5M", "1XB", "99999999999999999999", "18446744073709551615K"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
  CHECK(format_size(524288) == "512KiB");
  CHECK(format_size(1000) == "1000");
  CHECK(format_size_short(524288) == "512K");
  CHECK(format_size_short(1572864) == "1.5M");
  CHECK(format_size_short(1048575) == "1023K");
  for (const auto& [number, text] :
       std::initializer_list<std::pair<float, const char*>>{{0.0f, "0"},
                                                            {4.5f, "4.5"},
                                                            {1.1f, "1.1"},
                                                            {-3.0f, "-3"},
                                                            {1e20f, "1e+20"},
                                                            {-1.17549435e-38f, "-1.1754944e-38"}})
    CHECK(format_number(number) == text);
}

TEST_CASE("durations read and write back") {
  const std::pair<const char*, std::int64_t> good[] = {{"0", 0},         {"500ms", 500},     {"1800ms", 1800},
                                                       {"30s", 30000},   {"1h30m", 5400000}, {"24h", 86400000},
                                                       {"7d", 604800000}};
  for (const auto& [text, millis] : good) {
    CAPTURE(text);
    REQUIRE(parse_duration(text));
    CHECK(parse_duration(text)->count() == millis);
    CHECK(parse_duration(format_duration(std::chrono::milliseconds(millis)))->count() == millis);
    if (millis != 0) CHECK(format_duration(std::chrono::milliseconds(millis)) == text);
  }
  for (const char* bad : {"", "5", "-5s", "5x", "s", "5s3", "9999999999999999999d", "9223372036854775807s"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
  CHECK(format_age(std::chrono::seconds(59)) == "59s");
  CHECK(format_age(std::chrono::hours(47)) == "1d");
}

TEST_CASE("a prefix of so many bytes does not cut a character") {
  CHECK(utf8_prefix("abc", 3) == "abc");
  CHECK(utf8_prefix("abc", 2) == "ab");
  const std::string euro = "a\xe2\x82\xac";
  CHECK(utf8_prefix(euro, 4) == euro);
  CHECK(utf8_prefix(euro, 3) == "a");
  CHECK(utf8_prefix(euro, 2) == "a");
  CHECK(utf8_prefix("\xf0\x9f\x98\x80", 3).empty());
  const std::string junk(10, '\x80');  // no character begins anywhere
  CHECK(utf8_prefix(junk, 6).size() == 6);
  CHECK(utf8_prefix("", 0).empty());
  CHECK(utf8_prefix("x", 0).empty());
}

TEST_CASE("hexadecimal: two digits a byte, and back") {
  const std::string bytes("\0\x01zA\xff", 5);
  CHECK(to_hex(bytes) == "00017a41ff");
  CHECK(from_hex("00017a41ff") == bytes);
  CHECK(from_hex("FFfF") == "\xff\xff");
  CHECK(to_hex("").empty());
  CHECK(from_hex("")->empty());
  for (const char* text : {"0", "000", "0g", "g0", " 0", "0x10"}) CHECK(from_hex(text).error().code == Code::invalid);
}

TEST_CASE("hexadecimal digits") {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const std::size_t at = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
    CHECK(hex_digit(c) == (at == std::string_view::npos ? -1 : static_cast<int>(at % 16)));
  }
}
