/// logistic_test.cc: known data with a known answer, and data by which others fail.
#include "replay/logistic.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

using namespace maildrop;
using namespace maildrop::replay;

namespace {

struct Row {
  std::vector<double> x;
  int hits, others;  // so many rows of each
};

Rows rows_of(std::vector<Row> table) {
  return [table = std::move(table)](const RowSeen& seen) -> Result<void> {
    for (const Row& row : table) {
      for (int i = 0; i < row.hits; ++i) seen(true, row.x);
      for (int i = 0; i < row.others; ++i) seen(false, row.x);
    }
    return {};
  };
}

LogisticModel fitted(const Rows& rows, Pull pull) {
  const std::size_t columns = pull.towards.size();
  const auto model = fit_logistic(rows, pull, {0, std::vector<double>(columns, 0)});
  REQUIRE(model);
  return *model;
}

constexpr double kHardly = 1e-9;

}  // namespace

TEST_CASE("logistic: of one yes or no, the logarithms of the odds") {
  // 30 to 10 with it, 5 to 80 without: the table of four cells has its fit in closed form.
  const LogisticModel model = fitted(rows_of({{{1}, 30, 10}, {{0}, 5, 80}}), {kHardly, {0}});
  CHECK(model.intercept == Approx(std::log(5.0 / 80)));
  CHECK(model.weights[0] == Approx(std::log(30.0 / 10) - std::log(5.0 / 80)));
}

TEST_CASE("logistic: of two that know nothing of each other, each by itself") {
  // The chances of two of four cells are those of a model with -1, 2 and 1, times 10,000.
  std::vector<Row> table;
  for (const double a : {0, 1}) {
    for (const double b : {0, 1}) {
      const double chance = 1 / (1 + std::exp(-(-1 + 2 * a + b)));
      const int hits = static_cast<int>(std::lround(chance * 10'000));
      table.push_back({{a, b}, hits, 10'000 - hits});
    }
  }
  const LogisticModel model = fitted(rows_of(table), {kHardly, {0, 0}});
  CHECK(model.intercept == Approx(-1).margin(0.001));
  CHECK(model.weights[0] == Approx(2).margin(0.001));
  CHECK(model.weights[1] == Approx(1).margin(0.001));
}

TEST_CASE("logistic: what can be divided has an end, by the pull") {
  const Rows rows = rows_of({{{3}, 100, 0}, {{0}, 0, 100}});
  const double weak = fitted(rows, {0.01, {0}}).weights[0], strong = fitted(rows, {10, {0}}).weights[0];
  CHECK(std::isfinite(weak));
  CHECK(weak > strong);
  CHECK(strong > 0.1);
}

TEST_CASE("logistic: no weight is below zero, and the others are as without that column") {
  // b speaks for ham as a filter that was wrong would.
  const Rows both = rows_of({{{1, 0}, 40, 10}, {{1, 1}, 10, 30}, {{0, 1}, 2, 60}, {{0, 0}, 10, 40}});
  const Rows one = rows_of({{{1}, 50, 40}, {{0}, 12, 100}});
  const LogisticModel model = fitted(both, {0.5, {0, 0}}), alone = fitted(one, {0.5, {0}});
  CHECK(model.weights[1] == 0);
  CHECK(model.weights[0] == Approx(alone.weights[0]).epsilon(1e-6));
  CHECK(model.intercept == Approx(alone.intercept).epsilon(1e-6));
}

TEST_CASE("logistic: a column at its bound is let go when it turns out to tell something") {
  const Rows rows = rows_of({{{1, 1}, 60, 5}, {{1, 0}, 20, 20}, {{0, 1}, 8, 6}, {{0, 0}, 5, 80}});
  const LogisticModel from_zero = fitted(rows, {1, {0, 0}});
  const auto from_far = fit_logistic(rows, {1, {0, 0}}, {3, {9, 9}});
  REQUIRE(from_far);
  CHECK(from_zero.weights[1] > 0.5);
  CHECK(from_far->weights[0] == Approx(from_zero.weights[0]).epsilon(1e-5));
  CHECK(from_far->weights[1] == Approx(from_zero.weights[1]).epsilon(1e-5));
}

TEST_CASE("logistic: columns that say the same share it, one that says nothing stays where it was") {
  const LogisticModel same = fitted(rows_of({{{1, 1}, 30, 10}, {{0, 0}, 5, 80}}), {0.01, {0, 0}});
  CHECK(same.weights[0] == Approx(same.weights[1]));
  CHECK(same.weights[0] * 2 == Approx(std::log(3) - std::log(5.0 / 80)).margin(0.01));
  const LogisticModel constant = fitted(rows_of({{{1, 0}, 30, 10}, {{0, 0}, 5, 80}}), {1, {0, 0.7}});
  CHECK(constant.weights[1] == 0.7);
  // As much as the intercept says: it is that which moves.
  const LogisticModel always = fitted(rows_of({{{1, 2}, 30, 10}, {{0, 2}, 5, 80}}), {1, {0, 0.7}});
  CHECK(always.weights[1] == Approx(0.7).margin(1e-6));
}

TEST_CASE("logistic: the stronger the pull, the nearer to where it pulls") {
  const Rows rows = rows_of({{{1}, 30, 10}, {{0}, 5, 80}});
  double before = 100;
  for (const double strength : {1.0, 10.0, 100.0, 1e6}) {
    const double away = std::abs(fitted(rows, {strength, {1}}).weights[0] - 1);
    CHECK(away < before);
    before = away;
  }
  CHECK(before < 1e-4);
}

TEST_CASE("logistic: what fits is likelier, and errors come through") {
  const Rows rows = rows_of({{{1}, 30, 10}, {{0}, 5, 80}});
  CHECK(*log_loss(rows, fitted(rows, {0.1, {0}})) < *log_loss(rows, {0, {0}}));
  CHECK(*log_loss(rows, {0, {0}}) == Approx(125 * std::log(2)));
  CHECK(*log_loss(rows, {5000, {0}}) == Approx(90 * 5000.0));  // far beyond what exp() has
  const Rows broken = [](const RowSeen&) -> Result<void> { return fail(Code::unavailable, "gone"); };
  CHECK(fit_logistic(broken, {1, {0}}, {0, {0}}).error().what == "gone");
}
