/// statistics_test.cc: numbers arranged by series and hour, and read no more often than they may be.
#include "api/statistics.h"

#include <catch2/catch.hpp>

#include "api/kit.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Numbers = std::vector<std::uint64_t>;

std::vector<std::string> names(const Plot& plot) {
  std::vector<std::string> all;
  for (const Series& each : plot.series) all.push_back(each.group + (each.group.empty() ? "" : ":") + each.name);
  return all;
}

}  // namespace

TEST_CASE("statistics: series by hours, those of mail first, then groups by what is most") {
  store::Numbers numbers;
  numbers.since = from_millis(5);
  numbers.totals = {{"stored", 100},         {"list:b.example", 7}, {"list:a.example", 7}, {"reason:relaying", 1},
                    {"reason:sequence", 50}, {"other", 4},          {"new:thing", 1},      {"latency:inf", 9},
                    {"latency:0.1", 3},      {"latency:0.005", 5}};
  numbers.counts = {{7, "stored", 99},         {8, "stored", 1},          {10, "stored", 2}, {10, "list:b.example", 3},
                    {9, "reason:relaying", 1}, {10, "list:a.example", 3}, {11, "stored", 77}};
  const Plot plot = plot_of(numbers, 10, 3);
  CHECK(plot.since == from_millis(5));
  CHECK(plot.first == 8);
  CHECK(plot.hours == 3);
  CHECK(names(plot) == std::vector<std::string>{"stored", "refused", "deferred", "discarded", "tagged", "quarantined",
                                                "connections", "bytes", "other", "reason:relaying", "reason:sequence",
                                                "list:a.example", "list:b.example", "latency:0.005", "latency:0.1",
                                                "latency:inf", "new:thing"});
  CHECK(plot.find("", "stored")->counts == Numbers{1, 0, 2});
  CHECK(plot.find("", "stored")->sum() == 3);
  CHECK(plot.find("", "stored")->total == 100);
  CHECK(plot.find("", "refused")->counts == Numbers{0, 0, 0});
  CHECK(plot.find("reason", "relaying")->counts == Numbers{0, 1, 0});
  CHECK(plot.find("list", "c.example") == nullptr);
  CHECK(mail_counts(numbers) == MailCounts{100, 0});
}

TEST_CASE("statistics: whoever asks, they are read three times a second at most, and a failure is told as long") {
  World world;
  StatisticsReader reader(world.statistics, world.clock, 62 * 24);
  world.statistics.count("stored", 1);
  world.statistics.count("stored", 2, 30);
  for (int i = 0; i < 5; ++i) {
    CHECK(reader.counts()->stored == 3);
    CHECK((*reader.plot(0))->hours == 1);
    CHECK((*reader.plot(24))->find("", "stored")->sum() == 1);
    CHECK((*reader.plot(31))->find("", "stored")->counts.front() == 2);
    CHECK((*reader.plot(1000))->hours == StatisticsReader::kMostHours);
  }
  CHECK(world.statistics.reads() == 3);
  world.statistics.failure = Error{Code::unavailable, "disk gone"};
  world.clock.advance(StatisticsReader::kFresh);
  for (int i = 0; i < 5; ++i) CHECK(reader.counts().error().what == "disk gone");
  CHECK(world.statistics.reads() == 4);
  world.statistics.failure.reset();
  CHECK_FALSE(reader.counts());
  world.clock.advance(StatisticsReader::kFresh);
  CHECK(reader.counts());
}

TEST_CASE("statistics: the last hour is the present one") {
  World world;
  StatisticsReader reader(world.statistics, world.clock, 192);
  world.statistics.count("stored", 1);
  CHECK((*reader.plot(2))->find("", "stored")->counts == Numbers{0, 1});
  world.clock.advance(store::kHour);
  CHECK((*reader.plot(2))->find("", "stored")->counts == Numbers{1, 0});
}

TEST_CASE("statistics: what is asked for most is arranged once, and again with new numbers") {
  World world;
  StatisticsReader reader(world.statistics, world.clock, 62 * 24);
  CHECK(reader.most() == StatisticsReader::kMostHours);
  for (const std::size_t hours : {StatisticsReader::kUsualHours, StatisticsReader::kWeek, reader.most()}) {
    const std::shared_ptr<const Plot> plot = *reader.plot(hours);
    CHECK(plot->hours == hours);
    CHECK(*reader.plot(hours) == plot);
    world.clock.advance(StatisticsReader::kFresh);
    CHECK(*reader.plot(hours) != plot);
  }
  CHECK(StatisticsReader(world.statistics, world.clock, 48).most() == 48);
}
