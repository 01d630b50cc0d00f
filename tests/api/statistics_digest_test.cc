/// statistics_digest_test.cc: sums, rates, quantiles and parts of hours.
#include "api/statistics_digest.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/metrics.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace std::chrono_literals;

namespace {

store::Numbers some_numbers() {
  store::Numbers numbers;
  numbers.since = store::begin_of(1);
  numbers.totals = {{"stored", 1000}, {"latency:0.005", 900}, {"latency:inf", 100}};
  numbers.counts = {{8, "stored", 6}, {9, "stored", 12}, {10, "stored", 3}};
  return numbers;
}

}  // namespace

TEST_CASE("statistics_digest: rates are of the time that has passed, of which the present hour is a part") {
  const Digest digest = digest_of(plot_of(some_numbers(), 10, 3), store::begin_of(10) + 30min);
  CHECK(digest.open);
  CHECK(digest.begin == store::begin_of(8));
  CHECK(digest.end == store::begin_of(10) + 30min);
  CHECK(digest.hours() == Approx(2.5));
  CHECK(digest.per_hour(21) == Approx(8.4));
}

TEST_CASE("statistics_digest: hours that are over are whole, and none are before counting began") {
  store::Numbers numbers = some_numbers();
  Digest digest = digest_of(part_of(plot_of(numbers, 10, 3), 8, 9), store::begin_of(10) + 30min);
  CHECK_FALSE(digest.open);
  CHECK(digest.hours() == Approx(2));
  CHECK(digest.plot.find("", "stored")->counts == std::vector<std::uint64_t>{6, 12});
  numbers.since = store::begin_of(9) + 30min;
  digest = digest_of(plot_of(numbers, 10, 3), store::begin_of(10) + 30min);
  CHECK(digest.begin == numbers.since);
  CHECK(digest.hours() == Approx(1));
}

TEST_CASE("statistics_digest: a clock that is behind, and a begin that is ahead, make no rate beyond all bounds") {
  store::Numbers numbers = some_numbers();
  numbers.since = store::begin_of(20);
  const Digest digest = digest_of(plot_of(numbers, 10, 3), store::begin_of(9));
  CHECK(digest.begin == digest.end);
  CHECK(digest.per_hour(5) == Approx(300));
  CHECK(digest.per_hour(0) == 0);
}

TEST_CASE("statistics_digest: part_of() takes what there is, and puts groups in its order") {
  store::Numbers numbers;
  numbers.counts = {{8, "reason:a", 5}, {9, "reason:b", 2}, {10, "reason:a", 1}};
  const Plot plot = plot_of(numbers, 10, 3);
  const Plot last = part_of(plot, 9, 10);
  CHECK(last.first == 9);
  CHECK(last.hours == 2);
  CHECK(last.find("reason", "b") < last.find("reason", "a"));
  CHECK(part_of(plot, 0, 100).hours == 3);
  CHECK(part_of(plot, 100, 200).first == 10);
  CHECK(part_of(plot, 0, 1).first == 8);
}

TEST_CASE("statistics_digest: quantiles lie in their bucket, as if it were spread evenly") {
  store::Numbers numbers;
  CHECK_FALSE(quantile_of(plot_of(numbers, 10, 1), 0.5));
  numbers.counts = {
      {10, "latency:0.001", 10}, {10, "latency:0.005", 80}, {10, "latency:inf", 10}, {10, "latency:x", 999}};
  const Plot plot = plot_of(numbers, 10, 1);
  const auto half = quantile_of(plot, 0.5);
  REQUIRE(half);
  CHECK(half->from == 0.0025);  // the bucket between has nothing
  CHECK(half->to == 0.005);
  CHECK(half->seconds == Approx(0.0025 + 0.0025 * 40 / 80));
  CHECK(quantile_of(plot, 0.05)->seconds == Approx(0.0005));
  CHECK(quantile_of(plot, 0.9)->seconds == Approx(0.005));
  CHECK(quantile_of(plot, 0.99)->seconds == 10);
  CHECK(std::isinf(quantile_of(plot, 0.99)->to));
  CHECK(digest_of(plot, store::begin_of(11)).latency.count == 100);
}

TEST_CASE("statistics_digest: bounds of latencies are bounds of histograms, so that none counts for two") {
  for (const store::series::LatencyBound& each : store::series::kLatencyBounds) {
    INFO(each.name);
    CHECK(std::stod(std::string(each.name)) == each.seconds);
    CHECK(std::count(std::begin(metrics::Histogram::kBounds), std::end(metrics::Histogram::kBounds), each.seconds) ==
          1);
    CHECK(store::series::latency_member(each.seconds) == each.name);
  }
  CHECK(store::series::latency_member(0.0001) == "0.001");
  CHECK(store::series::latency_member(30) == "inf");
}

TEST_CASE("statistics_digest: parts have names") {
  for (const StatisticsPart part : {StatisticsPart::total, StatisticsPart::hour, StatisticsPart::store})
    CHECK(statistics_part_named(name_of(part)) == part);
  CHECK_FALSE(statistics_part_named("hours"));
}
