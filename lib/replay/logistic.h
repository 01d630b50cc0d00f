/// logistic.h: logistic regression with weights that are not below zero, pulled towards some that are given. Pure.
///
/// Written here: of what Debian has, liblinear knows neither bounds nor another place to be pulled to than zero, and
/// wants all rows in memory; mlpack and dlib have optimisers for which both would have to be written, and are three
/// hundred thousand lines for what is, with a few dozen columns, Newton's method and a matrix of as many rows.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "core/result.h"

namespace maildrop::replay {

/// The chance of a hit is 1 / (1 + exp(-(intercept + sum of weights * row))).
struct LogisticModel {
  double intercept = 0;
  std::vector<double> weights;  // none below 0

  double logit(std::span<const double> row) const;
};

/// Calls it for each row, always in the same order. May be walked through any number of times.
using RowSeen = std::function<void(bool hit, std::span<const double> row)>;
using Rows = std::function<Result<void>(const RowSeen& seen)>;

/// How much it is believed already: `pull` / 2 times the square of the distance of each weight from its place in
/// `towards` is added to what is made least (ridge). So weights stay finite where hits and others can be divided, one
/// of two columns that say the same takes nothing from the other, and a column that has little to say stays where it
/// was. The intercept is free.
struct Pull {
  double strength = 1;          // more than 0
  std::vector<double> towards;  // one for each column, none below 0
};

/// Newton's method (as iteratively reweighted least squares); each step is the best one within the bounds (an active
/// set), and shorter where that is no progress. The minimum is one point, since what is made least is strictly convex.
/// Begins at `begin`, which changes how long it takes and no more. Deterministic: sums are taken in the order of rows.
/// Errors are those of `rows`. REQUIRES: there are hits and others.
Result<LogisticModel> fit_logistic(const Rows& rows, const Pull& pull, LogisticModel begin);

/// The sum over rows of minus the logarithm of how likely each was by the model: less is better.
Result<double> log_loss(const Rows& rows, const LogisticModel& model);

}  // namespace maildrop::replay
