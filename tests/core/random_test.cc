/// random_test.cc: names from the kernel, and their alphabet.
#include "core/random.h"

#include <catch2/catch.hpp>
#include <set>

using namespace maildrop;

TEST_CASE("base32 writes the most significant bit first") {
  CHECK(base32("") == "");
  CHECK(base32(std::string_view("\0", 1)) == "00");
  CHECK(base32("\xFF") == "zw");
  CHECK(base32("\xFF\xFF\xFF\xFF\xFF") == "zzzzzzzz");
  CHECK(base32(std::string_view("\x00\x44\x32\x14\xC7", 5)) == "01234567");
}

TEST_CASE("random names differ and have the promised form") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = random_name(12);
    CHECK(name.size() == 20);
    CHECK(name.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz") == std::string::npos);
    seen.insert(name);
  }
  CHECK(seen.size() == 1000);
  CHECK(random_name(0).empty());
  CHECK(random_name(1000).size() == 1600);
}
