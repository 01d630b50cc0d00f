/// wire_test.cc: what waits for a socket ends when it is cut, and nobody else's is.
#include "report/wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

using namespace maildrop;
using maildrop::report::Wire;

namespace {

struct Pair {
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0); }
  ~Pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2]{};
};

bool is_cut(int socket) { return ::send(socket, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0; }

}  // namespace

TEST_CASE("a read ends when its wire is cut, and what comes after is cut, too") {
  Pair one, two;
  Wire wire;
  REQUIRE(wire.follow(one.ends[0]));
  std::thread cuts([&] { wire.cut(); });
  char byte = 0;
  CHECK(::read(one.ends[0], &byte, 1) == 0);
  cuts.join();
  CHECK_FALSE(wire.follow(two.ends[0]));
  CHECK(is_cut(two.ends[0]));
}

TEST_CASE("one is broken off alone, and what was forgotten not at all") {
  Pair one, two;
  Wire wire;
  REQUIRE(wire.follow(one.ends[0]));
  wire.forget();
  wire.break_off();
  CHECK_FALSE(is_cut(one.ends[0]));
  REQUIRE(wire.follow(one.ends[0]));
  wire.break_off();
  CHECK(is_cut(one.ends[0]));
  CHECK(wire.follow(two.ends[0]));
  CHECK_FALSE(is_cut(two.ends[0]));
}
