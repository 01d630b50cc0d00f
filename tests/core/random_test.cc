/// random_test.cc: names from the kernel, and their alphabet.
#include "core/random.h"

#include <sys/wait.h>
#include <unistd.h>

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

TEST_CASE("base32 reads back, and nothing but what it wrote") {
  std::string bytes;
  for (int size = 0; size < 50; ++size) {
    const std::string text = base32(bytes);
    CHECK(from_base32(text) == bytes);
    if (bytes.size() % 5 != 0) {  // the last letter has bits that are of no byte
      std::string other = text;
      other.back() = other.back() == 'z' ? 'y' : static_cast<char>(base32(std::string(5, '\xFF'))[0]);
      if (other != text) CHECK(from_base32(other) != bytes);
    }
    bytes += static_cast<char>(size * 37 + 5);
  }
  for (const char* wrong : {"0", "000", "000000", "01", "zz", "0i", "0o", "0L", "u0", "0-", "0 ", "A0"}) {
    INFO(wrong);
    CHECK_FALSE(from_base32(wrong));
  }
  CHECK_FALSE(from_base32(std::string_view("0\0", 2)));
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

TEST_CASE("random names of a forked child are not its parent's") {
  random_name(8);  // there is a pool now, which the child has a copy of
  int ends[2] = {-1, -1};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string name = random_name(8);
    _exit(write(ends[1], name.data(), name.size()) == static_cast<ssize_t>(name.size()) ? 0 : 1);
  }
  REQUIRE(child > 0);
  const std::string ours = random_name(8);
  std::string its(ours.size(), '\0');
  CHECK(read(ends[0], its.data(), its.size()) == static_cast<ssize_t>(its.size()));
  int status = 1;
  CHECK((waitpid(child, &status, 0) == child && status == 0));
  close(ends[0]);
  close(ends[1]);
  CHECK(its != ours);
}
