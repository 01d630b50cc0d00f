/// latencies_test.cc: what is told is within one per cent of what was.
#include "replay/latencies.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

using namespace maildrop::replay;
using std::chrono::microseconds;

TEST_CASE("each value is told within one per cent") {
  for (std::uint64_t value = 0; value < (1ull << 36); value += 1 + value / 777) {
    Latencies one;
    one.add(microseconds(value));
    one.add(microseconds(value + value / 2));  // or the largest would be told exactly
    const double told = one.percentile(0.5) * 1000;
    if (std::abs(told - static_cast<double>(value)) > static_cast<double>(value) / 100)
      FAIL(value << " is told as " << told);
  }
}

TEST_CASE("percentiles are those of a sorted list") {
  std::mt19937 random(7);
  std::lognormal_distribution<double> spread(7, 2);
  std::vector<double> values;
  Latencies all;
  for (int i = 0; i < 20'000; ++i) {
    const auto micros = static_cast<std::int64_t>(spread(random));
    values.push_back(static_cast<double>(micros) / 1000);
    all.add(microseconds(micros));
  }
  std::sort(values.begin(), values.end());
  CHECK(all.count() == values.size());
  CHECK(all.max() == Approx(values.back()));
  for (const double part : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const auto at = static_cast<std::size_t>(std::ceil(part * 20'000)) - 1;
    CHECK(all.percentile(part) == Approx(values[at]).epsilon(0.01));
  }
}

TEST_CASE("none, what went backwards, and what took days") {
  Latencies odd;
  CHECK(odd.percentile(0.5) == 0);
  CHECK(odd.max() == 0);
  odd.add(microseconds(-5));
  CHECK(odd.percentile(1) == 0);
  odd.add(std::chrono::hours(100));
  CHECK(odd.max() == Approx(68'719'476.735));
  CHECK(odd.percentile(1) <= odd.max());
}
