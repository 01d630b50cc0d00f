/// aligned_test.cc: columns, and not bytes.
#include "core/aligned.h"

#include <catch2/catch.hpp>

using namespace maildrop;

TEST_CASE("text fills its column, to the left or to the right") {
  CHECK(aligned("ab", 4) == "ab  ");
  CHECK(aligned("ab", 4, Align::right) == "  ab");
  CHECK(aligned("", 2) == "  ");
  CHECK(aligned("abc", 3) == "abc");
  CHECK(aligned("abcd", 3, Align::right) == "abcd");
}

TEST_CASE("what is wide takes two columns, and a letter of two bytes one") {
  CHECK(aligned("\xC3\xBC", 3) == "\xC3\xBC  ");
  CHECK(aligned("\xE4\xB8\x96", 3, Align::right) == " \xE4\xB8\x96");
}
