/// source_budgets_test.cc: one budget a source, for as long as somebody holds it.
#include "core/source_budgets.h"

#include <catch2/catch.hpp>

using namespace maildrop;

namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

}  // namespace

TEST_CASE("a source has one budget, and another its own") {
  SourceBudgets budgets(100);
  const auto one = budgets.of(ip("192.0.2.1"));
  CHECK(one == budgets.of(ip("192.0.2.1")));
  CHECK(one != budgets.of(ip("192.0.2.2")));
  const auto v6 = budgets.of(ip("2001:db8::1"));
  CHECK(v6 == budgets.of(ip("2001:db8::1")));
  CHECK(v6 != budgets.of(ip("2001:db8::2")));
  BudgetShare share(*one);
  CHECK_FALSE(share.resize(101));
  CHECK(share.resize(100));
}

TEST_CASE("a budget goes with its last holder, and a new one has the limit of then") {
  SourceBudgets budgets(100);
  auto one = budgets.of(ip("192.0.2.1"));
  budgets.set_limit(50);
  CHECK(budgets.of(ip("192.0.2.1"))->limit() == 100);
  one.reset();
  CHECK(budgets.of(ip("192.0.2.1"))->limit() == 50);
}
