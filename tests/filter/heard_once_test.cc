/// heard_once_test.cc: of many copies one is heard, once.
#include "filter/heard_once.h"

#include <catch2/catch.hpp>

namespace maildrop::filter {

TEST_CASE("heard once: the first verdict counts, and without one it is heard that none will come") {
  int heard = 0;
  bool verdict = false;
  Trial::Done first = done_of([&](const std::optional<Verdict>& some) {
    ++heard;
    verdict = some.has_value();
  });
  Trial::Done second = first;
  first = nullptr;
  CHECK(heard == 0);
  SECTION("called") {
    second(Verdict());
    CHECK(verdict);
    second(Verdict());
    second = nullptr;
  }
  SECTION("never called") {
    second = nullptr;
    CHECK_FALSE(verdict);
  }
  CHECK(heard == 1);
}

}  // namespace maildrop::filter
