/// unicode_test.cc: folded names, and what is a word.
#include "mail/unicode.h"

#include <catch2/catch.hpp>
#include <string>

namespace maildrop::mail {
namespace {

std::string utf8(unsigned c) {
  const auto tail = [c](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 63)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

void check_stable(const std::string& text) {
  const auto once = fold_name(text);
  if (!once || fold_name(*once).value_or("") != *once) FAIL(text);
}

TEST_CASE("a folded name stays what it is when folded again") {
  for (unsigned c = 1; c < 0x1F000; ++c) {
    if (c < 0x3400 || c >= 0xA000) {  // ideographs have neither case nor compositions
      if (c < 0xAC00 || c >= 0xE000) check_stable(utf8(c));
    }
    if (c >= 0x2200) continue;
    for (const std::string marks : {"\xCC\x87", "\xCD\x85", "\xCC\x81\xCC\xA3"}) check_stable(utf8(c) + marks);
  }
}

TEST_CASE("folding refuses what is not UTF-8") {
  for (const std::string text : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "a\xC3"}) CHECK_FALSE(fold_name(text));
  CHECK_FALSE(fold_name(std::string("a\0b", 3)));
  CHECK(*fold_name("") == "");
  CHECK(*fold_name("E\xCC\x81") == "\xC3\xA9");
}

TEST_CASE("a word is letters, marks and digits that show something") {
  for (const std::string text : {"abc", "\xC3\xA9", "\xD9\xA3", "\xE0\xA4\x95\xE0\xA4\xBE", "\xE4\xBD\xA0"})
    CHECK(is_word(text));
  for (const std::string text :
       {"", "a b", "a-", "\xE2\x80\x8B", "\xE2\x80\xAE", "\xF0\x9F\x98\x80", "\xE2\x85\xA7", "\xEF\xB8\x8F", "\xFF"})
    CHECK_FALSE(is_word(text));
}

}  // namespace
}  // namespace maildrop::mail
