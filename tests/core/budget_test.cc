/// budget_test: what is taken, given back, and refused.
#include "core/budget.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using maildrop::Budget;
using maildrop::BudgetShare;

TEST_CASE("budget: a share grows while there is room, and gives all back") {
  Budget budget(100);
  {
    BudgetShare one(budget);
    BudgetShare two(budget);
    CHECK(one.resize(60));
    CHECK_FALSE(two.resize(41));
    CHECK(two.held() == 0);
    CHECK(two.resize(40));
    CHECK(budget.used() == 100);
    CHECK_FALSE(one.resize(61));
    CHECK(one.held() == 60);
    CHECK(one.resize(10));
    BudgetShare moved(std::move(one));
    CHECK(moved.held() == 10);
    CHECK(one.held() == 0);
    CHECK(two.resize(90));
    two = std::move(moved);
    CHECK(two.held() == 10);
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("budget: a smaller limit takes nothing away, and nothing more is given") {
  Budget budget(100);
  BudgetShare share(budget);
  REQUIRE(share.resize(80));
  budget.set_limit(50);
  CHECK(budget.limit() == 50);
  CHECK_FALSE(share.resize(81));
  CHECK(share.resize(70));
  CHECK_FALSE(share.resize(71));
  CHECK(share.resize(40));
  CHECK(share.resize(50));
  CHECK_FALSE(share.resize(UINT64_MAX));
}

TEST_CASE("budget: of none, everything fits") {
  BudgetShare share;
  CHECK(share.resize(UINT64_MAX));
  CHECK(share.held() == UINT64_MAX);
}

TEST_CASE("budget: many threads never hold more than the limit") {
  Budget budget(1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&budget] {
      for (int i = 0; i < 2000; ++i) {
        BudgetShare share(budget);
        for (std::uint64_t n = 100; share.resize(n) && budget.used() <= 1000; n += 100) {
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(budget.used() == 0);
}
