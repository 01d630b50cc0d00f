/// shares_test.cc: one has half, and whoever comes new finds some.
#include "core/shares.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop;
using maildrop::Shares;

namespace {

std::size_t take_all(Shares& shares, const IpAddress& source) {
  std::size_t taken = 0;
  for (; shares.admits(source); ++taken) shares.take(source);
  return taken;
}

}  // namespace

TEST_CASE("a source has no more than are free") {
  Shares shares(16);
  const auto source = [](int n) { return *IpAddress::parse("192.0.2." + std::to_string(n)); };
  CHECK(take_all(shares, source(1)) == 8);
  CHECK(take_all(shares, source(2)) == 4);
  CHECK(take_all(shares, source(3)) == 2);
  CHECK(take_all(shares, source(4)) == 1);
  CHECK(shares.admits(source(5)));
  CHECK(take_all(shares, IpAddress()) == 1);
  CHECK_FALSE(shares.admits(source(5)));
  CHECK_FALSE(shares.admits(IpAddress()));
  for (int i = 0; i < 8; ++i) shares.give_back(source(1));
  CHECK(take_all(shares, source(5)) == 4);
  CHECK(take_all(shares, IpAddress()) == 4);
}
