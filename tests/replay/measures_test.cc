/// measures_test.cc: figures that others have published, and what follows from few messages by hand.
#include "replay/measures.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <utility>

using namespace maildrop::replay;

namespace {

/// Rounded as they are printed.
std::pair<double, double> rounded(const Interval& interval) {
  return {std::round(interval.low * 10'000) / 10'000, std::round(interval.high * 10'000) / 10'000};
}

using Pair = std::pair<double, double>;

/// Ratings 1 to 5.
ScoreHistogram ratings(const std::vector<int>& counts) {
  ScoreHistogram made;
  for (std::size_t i = 0; i < counts.size(); ++i)
    for (int times = 0; times < counts[i]; ++times) made.add(static_cast<double>(i + 1));
  return made;
}

ScoreHistogram of(std::initializer_list<double> scores) {
  ScoreHistogram made;
  for (const double score : scores) made.add(score);
  return made;
}

}  // namespace

TEST_CASE("intervals are those of Newcombe 1998, table I, method 3") {
  CHECK(rounded(Rate{81, 263}.interval()) == Pair(0.2553, 0.3662));
  CHECK(rounded(Rate{15, 148}.interval()) == Pair(0.0624, 0.1605));
  CHECK(rounded(Rate{0, 20}.interval()) == Pair(0.0000, 0.1611));
  CHECK(rounded(Rate{1, 29}.interval()) == Pair(0.0061, 0.1718));
}

TEST_CASE("of none nothing is known; all of them have an end at 1") {
  CHECK(!Rate{0, 0}.value());
  CHECK(rounded(Rate{0, 0}.interval()) == Pair(0, 1));
  CHECK(Rate{20, 20}.interval().high == 1);
  CHECK(rounded(Rate{20, 20}.interval()) == Pair(0.8389, 1));
  CHECK(*Rate{1, 4}.value() == 0.25);
}

TEST_CASE("caught is what is marked or kept away; deferred is told apart, and is not") {
  Confusion of_all;
  for (const Fate fate :
       {Fate::accepted, Fate::tagged, Fate::quarantined, Fate::discarded, Fate::deferred, Fate::rejected}) {
    of_all.add(Label::spam, fate, 10);
    of_all.add(Label::ham, fate);
    of_all.add(Label::none, fate, 1000);
  }
  CHECK((of_all.spam.caught == 40 && of_all.spam.deferred == 10 && of_all.spam.passed == 10));
  CHECK((of_all.ham.caught == 4 && of_all.ham.deferred == 1 && of_all.ham.passed == 1));
  CHECK((of_all.recall().hits == 40 && of_all.recall().of == 60));
  CHECK((of_all.precision().hits == 40 && of_all.precision().of == 44));
  CHECK((of_all.false_positives().hits == 4 && of_all.false_positives().of == 6));
  CHECK((of_all.spam_deferred().hits == 10 && of_all.ham_deferred().of == 6));
  const double recall = 40.0 / 60, precision = 40.0 / 44;
  CHECK(*of_all.f1() == Approx(2 * recall * precision / (recall + precision)));
  CHECK(!Confusion().f1());
  CHECK(!Confusion().precision().value());
}

TEST_CASE("the area is that of Hanley and McNeil 1982, with its error") {
  // 58 pictures of the healthy and 51 of the ill, rated from 1, surely healthy, to 5.
  const ScoreHistogram healthy = ratings({33, 6, 6, 11, 2}), ill = ratings({3, 2, 2, 11, 33});
  const auto area = roc_area(ill, healthy);
  REQUIRE(area);
  CHECK(std::round(area->value * 1000) == 893);
  CHECK(std::round(area->error * 1000) == 32);
  CHECK(area->interval.low == Approx(area->value - 1.959964 * area->error).margin(0.03));
  CHECK(area->interval.high == Approx(area->value + 1.959964 * area->error).margin(0.03));
  CHECK(roc_area(healthy, ill)->value == Approx(1 - area->value));
}

TEST_CASE("ties count half, and nothing is told of one label alone") {
  CHECK(roc_area(of({1, 2}), of({1, 2}))->value == 0.5);
  CHECK(roc_area(of({2}), of({1, 2}))->value == 0.75);
  CHECK(roc_area(of({3, 4}), of({1, 2}))->value == 1);
  CHECK(roc_area(of({3, 4}), of({1, 2}))->interval.high == 1);
  CHECK(roc_area(of({3, 4}), of({1, 2}))->interval.low < 0.7);  // two and two say little
  CHECK(roc_area(ratings({0, 500}), ratings({500}))->interval.low > 0.98);
  CHECK(!roc_area(of({}), of({1})));
  CHECK(!roc_area(of({1}), of({})));
  CHECK(roc_points(of({}), of({1})).empty());
}

TEST_CASE("the area of a great many is exact") {
  ScoreHistogram low, high;
  for (int i = 0; i < 1000; ++i) {
    low.add(i * 0.01);
    high.add(i * 0.01 + 0.01);
  }
  // Of a million pairs 500,500 have more, and 999 are ties.
  CHECK(roc_area(high, low)->value == Approx((500'500 + 999 / 2.0) / 1e6).epsilon(1e-15));
}

TEST_CASE("scores of two digits have a bin each, whatever sum they are, and others the nearest or an end") {
  const auto bin_of = [](double score) {
    const ScoreHistogram one = of({score});
    for (std::size_t bin = 0; bin < ScoreHistogram::kBins; ++bin)
      if (one.at(bin) > 0) return ScoreHistogram::hundredths(bin);
    return -99'999;
  };
  CHECK(bin_of(0.1 + 0.2) == 30);
  CHECK(bin_of(-0.07) == -7);
  CHECK(bin_of(-0.001) == 0);
  CHECK(bin_of(50) == 5000);
  CHECK(bin_of(-50) == -5000);
  CHECK(bin_of(50.01) == 5001);
  CHECK(bin_of(1e300) == 5001);
  CHECK(bin_of(-std::numeric_limits<double>::infinity()) == -5001);
  CHECK(bin_of(std::numeric_limits<double>::quiet_NaN()) == 0);
}

TEST_CASE("points go down from the highest score, and the best within a part is found") {
  const auto points = roc_points(of({5, 5, 4, 1}), of({4, 3, 0, 0}));
  REQUIRE(points.size() == 6);
  CHECK(!points[0].hundredths);
  CHECK((points[0].recall.hits == 0 && points[0].recall.of == 4));
  CHECK((points[1].hundredths == 500 && points[1].recall.hits == 2 && points[1].false_positives.hits == 0));
  CHECK((points[2].hundredths == 400 && points[2].recall.hits == 3 && points[2].false_positives.hits == 1));
  CHECK((points[5].hundredths == 0 && points[5].recall.hits == 4 && points[5].false_positives.hits == 4));
  CHECK(best_within(points, 0).hundredths == 500);
  CHECK(best_within(points, 0.25).hundredths == 400);
  CHECK(best_within(points, 0.5).hundredths == 100);
  CHECK(best_within(points, 1).hundredths == 0);
  CHECK(!best_within(roc_points(of({1}), of({2})), 0.5).hundredths);
}
