/// logistic.cc: sums over rows, and steps within bounds.
#include "replay/logistic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace maildrop::replay {

namespace {

constexpr int kNewtonSteps = 100;     // far more than are needed: about six are
constexpr int kHalvings = 40;         // of one step
constexpr double kEnough = 1e-10;     // what a step promises, against what is left
constexpr double kFlattest = 1e-9;    // curvature of the intercept, where all rows are certain
constexpr double kNoBound = -1e300;   // of the intercept
constexpr double kRoundedOff = 1e-9;  // of a slope, against its curvature

using Vector = std::vector<double>;

/// Square and symmetric; of a symmetric one the lower half counts.
struct Matrix {
  explicit Matrix(std::size_t rows) : size(rows), cells(rows * rows, 0) {}
  double& operator()(std::size_t row, std::size_t column) { return cells[row * size + column]; }
  double operator()(std::size_t row, std::size_t column) const { return cells[row * size + column]; }
  std::size_t size;
  Vector cells;
};

/// log(1 + exp(x)), also where exp(x) is too large.
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

/// At one point: the intercept is the first of all.
struct Slope {
  explicit Slope(std::size_t size) : gradient(size, 0), hessian(size) {}
  double value = 0;
  Vector gradient;
  Matrix hessian;
};

Result<Slope> slope_at(const Rows& rows, const Pull& pull, const LogisticModel& model) {
  const std::size_t columns = model.weights.size();
  Slope slope(columns + 1);
  std::vector<std::size_t> filled;  // of a row, in which most is zero
  TRY(rows([&](bool hit, std::span<const double> row) {
    const double logit = model.logit(row);
    const double chance = 1 / (1 + std::exp(-logit));
    const double error = chance - (hit ? 1 : 0), curve = chance * (1 - chance);
    slope.value += softplus(hit ? -logit : logit);
    slope.gradient[0] += error;
    slope.hessian(0, 0) += curve;
    filled.clear();
    for (std::size_t i = 0; i < columns; ++i)
      if (row[i] != 0) filled.push_back(i);
    for (const std::size_t i : filled) {
      slope.gradient[i + 1] += error * row[i];
      slope.hessian(i + 1, 0) += curve * row[i];
      for (const std::size_t j : filled) {
        if (j > i) break;
        slope.hessian(i + 1, j + 1) += curve * row[i] * row[j];
      }
    }
  }));
  slope.hessian(0, 0) += kFlattest;
  for (std::size_t i = 0; i < columns; ++i) {
    const double away = model.weights[i] - pull.towards[i];
    slope.value += pull.strength / 2 * away * away;
    slope.gradient[i + 1] += pull.strength * away;
    slope.hessian(i + 1, i + 1) += pull.strength;
  }
  for (std::size_t i = 0; i <= columns; ++i)
    for (std::size_t j = 0; j < i; ++j) slope.hessian(j, i) = slope.hessian(i, j);
  return slope;
}

/// x of `matrix` x = `right`, by Cholesky. Nothing: the matrix is not positive definite, as far as can be told.
std::optional<Vector> solved(Matrix matrix, Vector right) {
  const std::size_t size = matrix.size;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = matrix(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= matrix(i, k) * matrix(j, k);
      if (i == j && !(sum > 0)) return std::nullopt;
      matrix(i, j) = i == j ? std::sqrt(sum) : sum / matrix(j, j);
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= matrix(i, k) * right[k];
    right[i] /= matrix(i, i);
  }
  for (std::size_t i = size; i-- > 0;) {
    for (std::size_t k = i + 1; k < size; ++k) right[i] -= matrix(k, i) * right[k];
    right[i] /= matrix(i, i);
  }
  return right;
}

double slope_along(const Slope& slope, const Vector& step, std::size_t i) {
  double sum = slope.gradient[i];
  for (std::size_t k = 0; k < step.size(); ++k) sum += slope.hessian(i, k) * step[k];
  return sum;
}

/// Where it would be least, those that are not free standing still.
std::optional<Vector> best_free(const Slope& slope, const Vector& step, const std::vector<bool>& free) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < step.size(); ++i)
    if (free[i]) places.push_back(i);
  Matrix matrix(places.size());
  Vector right(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    right[i] = -slope_along(slope, step, places[i]);
    for (std::size_t j = 0; j < places.size(); ++j) matrix(i, j) = slope.hessian(places[i], places[j]);
  }
  const auto more = solved(std::move(matrix), std::move(right));
  if (!more) return std::nullopt;
  Vector best = step;
  for (std::size_t i = 0; i < places.size(); ++i) best[places[i]] += (*more)[i];
  return best;
}

/// The step from `at` to where the quadratic that has this slope is least, none ending below its bound: the method of
/// the active set. What is at its bound is let go when it is drawn inwards, and goes there when it would pass it.
Vector best_step(const Slope& slope, const Vector& at, const Vector& bounds) {
  Vector step(at.size(), 0);
  std::vector<bool> free(at.size(), true);
  for (std::size_t i = 0; i < at.size(); ++i) free[i] = at[i] > bounds[i];
  for (std::size_t turn = 0; turn < 10 * at.size() + 10; ++turn) {
    const auto best = best_free(slope, step, free);
    if (!best) break;
    double part = 1;
    std::optional<std::size_t> meets;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double way = (*best)[i] - step[i], room = bounds[i] - at[i] - step[i];
      if (!free[i] || way >= 0 || way >= room || room / way >= part) continue;
      part = std::max(0.0, room / way);
      meets = i;
    }
    for (std::size_t i = 0; i < at.size(); ++i)
      if (free[i]) step[i] += part * ((*best)[i] - step[i]);
    if (meets) {
      step[*meets] = bounds[*meets] - at[*meets];
      free[*meets] = false;
      continue;
    }
    std::optional<std::size_t> drawn;
    double most = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double along = slope_along(slope, step, i);
      if (free[i] || along >= most || along > -kRoundedOff * slope.hessian(i, i)) continue;
      most = along;
      drawn = i;
    }
    if (!drawn) break;
    free[*drawn] = true;
  }
  return step;
}

LogisticModel moved(const LogisticModel& from, const Vector& step, double part) {
  LogisticModel model = from;
  model.intercept += part * step[0];
  for (std::size_t i = 0; i < model.weights.size(); ++i)
    model.weights[i] = std::max(0.0, model.weights[i] + part * step[i + 1]);
  return model;
}

}  // namespace

double LogisticModel::logit(std::span<const double> row) const {
  return std::inner_product(weights.begin(), weights.end(), row.begin(), intercept);
}

Result<LogisticModel> fit_logistic(const Rows& rows, const Pull& pull, LogisticModel model) {
  Vector bounds(model.weights.size() + 1, 0);
  bounds[0] = kNoBound;
  Slope slope = TRY(slope_at(rows, pull, model));
  for (int steps = 0; steps < kNewtonSteps; ++steps) {
    Vector at{model.intercept};
    at.insert(at.end(), model.weights.begin(), model.weights.end());
    const Vector step = best_step(slope, at, bounds);
    const double promise = -std::inner_product(step.begin(), step.end(), slope.gradient.begin(), 0.0);
    if (!(promise > kEnough * (1 + slope.value))) break;
    double part = 1;
    for (int halvings = 0; halvings < kHalvings; ++halvings, part /= 2) {
      LogisticModel next = moved(model, step, part);
      Slope there = TRY(slope_at(rows, pull, next));
      if (there.value > slope.value - 1e-4 * part * promise) continue;
      model = std::move(next);
      slope = std::move(there);
      break;
    }
    if (part < 1e-9) break;  // no progress can be told from rounding
  }
  return model;
}

Result<double> log_loss(const Rows& rows, const LogisticModel& model) {
  double sum = 0;
  TRY(rows([&](bool hit, std::span<const double> row) {
    const double logit = model.logit(row);
    sum += softplus(hit ? -logit : logit);
  }));
  return sum;
}

}  // namespace maildrop::replay
