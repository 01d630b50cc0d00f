/// log_fold_test.cc: a flood costs what its kinds cost, and nothing of it is hidden.
#include "core/log_fold.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop;
using log::Fold;

namespace {

constexpr unsigned kMost = 3;

/// How many of `lines` of a kind are written.
unsigned written(Fold& fold, const std::string& kind, unsigned lines, Monotonic now) {
  unsigned count = 0;
  for (unsigned i = 0; i < lines; ++i) {
    if (fold.is_written(kind, kMost, now)) {
      ++count;
    } else {
      fold.hold(kind + " " + std::to_string(i));
    }
  }
  return count;
}

}  // namespace

TEST_CASE("the first few of a kind are written, the last one with the number of the others") {
  Fold fold;
  const Monotonic begin{};
  CHECK(written(fold, "a", 10, begin) == kMost);
  CHECK(written(fold, "b", 2, begin) == 2);
  CHECK(fold.take_due(begin + Fold::kWindow - std::chrono::nanoseconds(1)).empty());
  const auto due = fold.take_due(begin + Fold::kWindow);
  REQUIRE(due.size() == 1);
  CHECK(due[0].line == "a 9");
  CHECK(due[0].repeated == 7);
  CHECK(fold.take_due(begin + Fold::kWindow).empty());
  CHECK(written(fold, "a", 10, begin + Fold::kWindow) == kMost);  // another minute
}

TEST_CASE("whoever comes after the minute finds it over, though nobody has taken what is due") {
  Fold fold;
  const Monotonic begin{};
  written(fold, "a", 5, begin);
  CHECK(written(fold, "a", 5, begin + Fold::kWindow) == kMost);
  CHECK(fold.take_due(begin + Fold::kWindow).size() == 1);
  const auto at_the_end = fold.take_due(Monotonic::max());
  REQUIRE(at_the_end.size() == 1);
  CHECK(at_the_end[0].repeated == 2);
}

TEST_CASE("of too many kinds the first is given up, and told of") {
  Fold fold;
  const Monotonic begin{};
  written(fold, "first", 4, begin);
  for (std::size_t i = 0; i < Fold::kKinds; ++i) written(fold, std::to_string(i), 1, begin);
  const auto due = fold.take_due(begin);
  REQUIRE(due.size() == 1);
  CHECK(due[0].line == "first 3");
  CHECK(written(fold, "first", 1, begin) == 1);
}
