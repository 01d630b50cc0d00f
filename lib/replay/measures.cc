/// measures.cc: formulas of others, with their names.
#include "replay/measures.h"

#include <algorithm>
#include <cmath>

namespace maildrop::replay {

namespace {

constexpr double kZ = 1.959964;  // of the normal distribution, 95 % within

// Of a million of each, the square of both is beyond what 53 bits hold exactly; of four thousand million, 64.
__extension__ using Wide = unsigned __int128;

/// Of an area below a ROC, by how many ill and healthy it is.
double roc_error(double area, double ill, double healthy) {
  const double square = area * area;
  const double q1 = area / (2 - area), q2 = 2 * square / (1 + area);
  const double variance =
      (area * (1 - area) + (ill - 1) * (q1 - square) + (healthy - 1) * (q2 - square)) / (ill * healthy);
  return std::sqrt(std::max(0.0, variance));
}

/// The area between `area` and `end` from which on `area` is too far away.
double roc_bound(double area, double end, double ill, double healthy) {
  double within = area, beyond = end;
  for (int i = 0; i < 60; ++i) {
    const double middle = (within + beyond) / 2;
    (std::abs(middle - area) <= kZ * roc_error(middle, ill, healthy) ? within : beyond) = middle;
  }
  return within;
}

}  // namespace

std::optional<double> Rate::value() const {
  if (of == 0) return std::nullopt;
  return static_cast<double>(hits) / static_cast<double>(of);
}

Interval Rate::interval() const {
  if (of == 0) return {};
  const auto n = static_cast<double>(of);
  const auto part = static_cast<double>(hits) / n;
  const double middle = part + kZ * kZ / (2 * n);
  const double half = kZ * std::sqrt((part * (1 - part) + kZ * kZ / (4 * n)) / n);
  const double scale = 1 + kZ * kZ / n;
  // At both ends the formula gives them, but for the last bit.
  return {hits == 0 ? 0 : std::max(0.0, (middle - half) / scale),
          hits == of ? 1 : std::min(1.0, (middle + half) / scale)};
}

void Confusion::add(Label label, Fate fate, std::uint64_t times) {
  if (label == Label::none) return;
  Row& row = label == Label::spam ? spam : ham;
  (is_caught(fate) ? row.caught : fate == Fate::deferred ? row.deferred : row.passed) += times;
}

std::optional<double> Confusion::f1() const {
  const std::uint64_t wrong = ham.caught + (spam.all() - spam.caught);
  if (spam.caught + wrong == 0) return std::nullopt;
  return static_cast<double>(2 * spam.caught) / static_cast<double>(2 * spam.caught + wrong);
}

void ScoreHistogram::add(double score) {
  ++count_;
  const double hundredth =
      std::isnan(score) ? 0 : std::clamp<double>(std::round(score * 100), -kEnd * 100 - 1, kEnd * 100 + 1);
  ++bins_[static_cast<std::size_t>(static_cast<int>(hundredth) + kEnd * 100 + 1)];
}

std::vector<RocPoint> roc_points(const ScoreHistogram& spam, const ScoreHistogram& ham) {
  std::vector<RocPoint> points;
  if (spam.count() == 0 || ham.count() == 0) return points;
  points.push_back({std::nullopt, {0, spam.count()}, {0, ham.count()}});
  for (std::size_t bin = ScoreHistogram::kBins; bin-- > 0;) {
    if (spam.at(bin) + ham.at(bin) == 0) continue;
    RocPoint point = points.back();
    point.hundredths = ScoreHistogram::hundredths(bin);
    point.recall.hits += spam.at(bin);
    point.false_positives.hits += ham.at(bin);
    points.push_back(point);
  }
  return points;
}

const RocPoint& best_within(const std::vector<RocPoint>& points, double part) {
  const auto harms_more = [part](const RocPoint& point) { return *point.false_positives.value() > part; };
  const auto first = std::find_if(points.begin() + 1, points.end(), harms_more);
  return *(first - 1);
}

std::optional<RocArea> roc_area(const ScoreHistogram& spam, const ScoreHistogram& ham) {
  if (spam.count() == 0 || ham.count() == 0) return std::nullopt;
  Wide halves = 0;  // pairs in which the spam has more count two, ties one
  std::uint64_t below = 0;
  for (std::size_t bin = 0; bin < ScoreHistogram::kBins; ++bin) {
    halves += static_cast<Wide>(spam.at(bin)) * (2 * static_cast<Wide>(below) + ham.at(bin));
    below += ham.at(bin);
  }
  const auto spams = static_cast<double>(spam.count()), hams = static_cast<double>(ham.count());
  RocArea area;
  area.value = static_cast<double>(halves) / (2 * spams * hams);
  area.error = roc_error(area.value, spams, hams);
  area.interval = {roc_bound(area.value, 0, spams, hams), roc_bound(area.value, 1, spams, hams)};
  return area;
}

}  // namespace maildrop::replay
