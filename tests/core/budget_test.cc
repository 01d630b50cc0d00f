/// budget_test.cc: what is held, what is refused, what comes back.
#include "core/budget.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace maildrop;

TEST_CASE("budget: a share grows as long as there is room, and keeps what it had when there is none") {
  Budget budget(100);
  BudgetShare one(budget);
  BudgetShare other(budget);
  CHECK(one.resize(60));
  CHECK(other.resize(40));
  CHECK_FALSE(other.resize(41));
  CHECK(other.held() == 40);
  CHECK(budget.used() == 100);
  CHECK(one.resize(10));
  CHECK(other.resize(90));
  CHECK(budget.used() == 100);
}

TEST_CASE("budget: everything comes back, once") {
  Budget budget(100);
  {
    BudgetShare one(budget);
    REQUIRE(one.resize(70));
    BudgetShare moved = std::move(one);
    CHECK(moved.held() == 70);
    CHECK(one.resize(30));  // it is as new
    moved = std::move(one);
    CHECK(budget.used() == 30);
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("budget: a smaller limit takes nothing away, and lets nothing more in") {
  Budget budget(100);
  BudgetShare share(budget);
  REQUIRE(share.resize(80));
  budget.set_limit(50);
  CHECK(share.resize(70));
  CHECK_FALSE(share.resize(71));
  CHECK(share.resize(50));
}

TEST_CASE("budget: without a budget everything fits") {
  BudgetShare share;
  CHECK(share.resize(UINT64_MAX));
  CHECK(share.resize(0));
}

TEST_CASE("budget: many threads never hold more than there is") {
  Budget budget(1000);
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      BudgetShare share(budget);
      for (int n = 0; n < 20000; ++n) {
        if (share.resize(static_cast<std::uint64_t>(n % 7) * 100) && share.held() > budget.limit()) over = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(over);
  CHECK(budget.used() == 0);
}
