/// statistics_counter_test.cc: what counters gain is added once, in its hour, whatever fails meanwhile.
#include "store/statistics_counter.h"

#include <catch2/catch.hpp>
#include <new>

#include "allocations.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace std::chrono_literals;

namespace {

/// Statistics in memory that fail when they are told to, with or without having added. Batches of one number count
/// once.
struct Scripted final : Statistics {
  Result<void> add(std::span<const Count> counts, std::uint64_t number) override {
    if (!broken && (number > last || heedless)) {
      auto after = tally;  // all of them or none, where memory is out
      for (const Count& each : counts) after[{each.hour, each.series}] += each.n;
      tally.swap(after);
      last = number;
    }
    if (broken || deaf) return fail(Code::unavailable, "scripted");
    return {};
  }
  Result<Numbers> read(Hour, Hour) override { return Numbers{}; }

  bool broken = false;    // nothing is added
  bool deaf = false;      // it is, and nobody hears of it
  bool heedless = false;  // of numbers, as SQLite's
  std::uint64_t last = 0;
  std::map<std::pair<Hour, std::string>, std::uint64_t> tally;
};

struct Stage {
  FakeClock clock;
  metrics::Registry metrics;
  Scripted statistics;
  Hour hour = hour_of(clock.now());

  std::vector<CountedSeries> counted() const {
    return {{"a_total", "x=\"1\"", "one"},
            {"b_total", "", "sum"},
            {"a_total", "x=\"2\"", "sum"},
            {"g_total", "", "group", true},
            {"h_seconds", "", "latency", false, true}};
  }
  std::uint64_t of(const std::string& series) const { return of(hour, series); }
  std::uint64_t of(Hour at, const std::string& series) const {
    const auto found = statistics.tally.find({at, series});
    return found == statistics.tally.end() ? 0 : found->second;
  }
};

}  // namespace

TEST_CASE("statistics_counter: series are one counter, several, or each of a family") {
  Stage stage;
  stage.metrics.counter("a_total", "h", "x=\"1\"").add(100);  // of before
  StatisticsBatches batches(stage.statistics, stage.clock, stage.metrics, stage.counted());
  REQUIRE(batches.flush());
  CHECK(stage.statistics.last == 0);  // nothing to add
  stage.metrics.counter("a_total", "h", "x=\"1\"").add(2);
  stage.metrics.counter("a_total", "h", "x=\"2\"").add(3);
  stage.metrics.counter("b_total", "h", "y=\"1\"").add(4);
  stage.metrics.counter("b_total", "h", "y=\"2\"").add(5);
  stage.metrics.counter("g_total", "h", "filter=\"greylist\",action=\"defer\"").add(6);
  stage.metrics.counter("g_total", "h", "filter=\"dnsbl\",action=\"reject\"").add(7);
  REQUIRE(batches.flush());
  REQUIRE(batches.flush());
  CHECK(stage.statistics.tally.size() == 4);
  CHECK(stage.of("one") == 2);
  CHECK(stage.of("sum") == 12);
  CHECK(stage.of("group:greylist/defer") == 6);
  CHECK(stage.of("group:dnsbl/reject") == 7);
}

TEST_CASE("statistics_counter: of durations it counts how many took how long") {
  Stage stage;
  StatisticsBatches batches(stage.statistics, stage.clock, stage.metrics, stage.counted());
  metrics::Histogram& histogram = stage.metrics.histogram("h_seconds", "h");
  for (const double seconds : {0.00005, 0.0002, 0.001, 0.002, 4.0, 10.0, 11.0, 100.0}) histogram.observe(seconds);
  stage.metrics.histogram("h_seconds", "h", "x=\"1\"").observe(0.002);  // and of all together
  REQUIRE(batches.flush());
  CHECK(stage.of("latency:0.001") == 3);
  CHECK(stage.of("latency:0.0025") == 2);
  CHECK(stage.of("latency:10") == 2);
  CHECK(stage.of("latency:inf") == 2);
  CHECK(stage.statistics.tally.size() == 4);
}

TEST_CASE("statistics_counter: what could not be added is added later, to its hour, and once") {
  Stage stage;
  StatisticsBatches batches(stage.statistics, stage.clock, stage.metrics, stage.counted());
  metrics::Counter& one = stage.metrics.counter("a_total", "h", "x=\"1\"");
  stage.statistics.broken = true;
  one.add(1);
  CHECK_FALSE(batches.flush());
  one.add(2);
  CHECK_FALSE(batches.flush());
  stage.clock.advance(1h);
  one.add(4);
  CHECK_FALSE(batches.flush());
  stage.statistics.broken = false;
  stage.statistics.deaf = true;
  one.add(8);
  CHECK_FALSE(batches.flush());
  CHECK(stage.of("one") == 1);  // and nobody knows
  stage.statistics.deaf = false;
  REQUIRE(batches.flush());
  CHECK(stage.of("one") == 3);
  CHECK(stage.of(stage.hour + 1, "one") == 12);
}

TEST_CASE("statistics_counter: nothing is lost or counted twice when memory is out, wherever that is") {
  bool failed = true;
  for (std::size_t good = 0; failed; ++good) {
    INFO(good);
    Stage stage;
    stage.statistics.heedless = true;
    StatisticsBatches batches(stage.statistics, stage.clock, stage.metrics, stage.counted());
    metrics::Counter& one = stage.metrics.counter("a_total", "h", "x=\"1\"");
    one.add(1);
    REQUIRE(batches.flush());
    one.add(2);
    stage.metrics.counter("b_total", "h", "y=\"1\"").add(4);
    stage.metrics.counter("g_total", "h", "filter=\"dnsbl\",action=\"reject\"").add(8);
    try {
      const maildrop::test::Allocations allocations(good);
      const Result<void> flushed = batches.flush();
      failed = allocations.failed();
    } catch (const std::bad_alloc&) {
    }
    one.add(16);
    REQUIRE(batches.flush());
    CHECK(stage.of("one") == 19);
    CHECK(stage.of("sum") == 4);
    CHECK(stage.of("group:dnsbl/reject") == 8);
  }
}

TEST_CASE("statistics_counter: hours that wait are so many, and nothing is lost beyond") {
  Stage stage;
  StatisticsBatches batches(stage.statistics, stage.clock, stage.metrics, stage.counted());
  stage.statistics.broken = true;
  for (int i = 0; i < 100; ++i) {
    stage.metrics.counter("a_total", "h", "x=\"1\"").add(1);
    CHECK_FALSE(batches.flush());
    stage.clock.advance(1h);
  }
  stage.statistics.broken = false;
  REQUIRE(batches.flush());
  CHECK(stage.statistics.tally.size() == StatisticsBatches::kMostHours + 1);  // and one was handed in before
  std::uint64_t all = 0;
  for (const auto& [key, n] : stage.statistics.tally) all += n;
  CHECK(all == 100);
}

TEST_CASE("statistics_counter: what is left is added at its end") {
  Stage stage;
  {
    const StatisticsCounter counter(stage.statistics, stage.clock, stage.metrics, stage.counted());
    stage.metrics.counter("a_total", "h", "x=\"1\"").add(2);
  }
  CHECK(stage.of("one") == 2);
}
