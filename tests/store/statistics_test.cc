/// statistics_test.cc: all statistics keep the contract; and what is of one backend alone.
#include "store/statistics.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include "store/ledger_kit.h"
#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

std::unique_ptr<Statistics> open_of(const OpenOptions& options, Role role = Role::writer) {
  OpenOptions with = ledger_options(options);
  with.role = role;
  auto opened = open_statistics(with);
  REQUIRE(opened);
  return std::move(*opened);
}

Numbers read(Statistics& statistics, Hour from = 1, Hour to = 0) {
  const Result<Numbers> numbers = statistics.read(from, to);
  INFO((numbers ? std::string() : numbers.error().what));
  REQUIRE(numbers);
  return *numbers;
}

void add(Statistics& statistics, std::vector<Count> counts, std::uint64_t number) {
  const Result<void> added = statistics.add(counts, number);
  INFO((added ? std::string() : added.error().what));
  REQUIRE(added);
}

/// `n` of as many series, in an hour.
std::vector<Count> many(Hour hour, std::size_t n) {
  std::vector<Count> counts;
  for (std::size_t i = 0; i < n; ++i) counts.push_back({hour, "s" + std::to_string(i), 1});
  return counts;
}

std::uint64_t sum(const Totals& totals) {
  std::uint64_t n = 0;
  for (const auto& [series, each] : totals) n += each;
  return n;
}

}  // namespace

TEST_CASE("every store adds up what processes counted, and tells it by the hour") {
  for (const std::string& scheme : kLedgers) {
    INFO(scheme);
    World world(scheme);
    const Hour now = hour_of(world.clock.now());
    for (const Role role : {Role::reader, Role::writer}) {
      const auto early = open_of(world.options, role);
      CHECK(read(*early, now - 1, now).since == std::nullopt);
      CHECK(read(*early, now - 1, now).totals.empty());
    }
    const auto reader = open_of(world.options, Role::reader);
    const auto a = open_of(world.options);
    const auto b = open_of(world.options);
    const Time began = world.clock.now();
    add(*a, {{now - 1, "stored", 3}, {now, "stored", 4}, {now, "reason:relaying", 1}}, 1);
    world.clock.advance(5s);
    add(*b, {{now, "stored", 10}}, 1);
    add(*a, {{now, "refused", 1}}, 2);
    for (Statistics* each : {a.get(), reader.get()}) {
      const Numbers numbers = read(*each, now - 1, now);
      CHECK(numbers.since == began);
      CHECK(numbers.totals == Totals{{"reason:relaying", 1}, {"refused", 1}, {"stored", 17}});
      CHECK(numbers.counts ==
            std::vector<Count>{
                {now - 1, "stored", 3}, {now, "reason:relaying", 1}, {now, "refused", 1}, {now, "stored", 14}});
    }
    CHECK(read(*b, now - 1, now - 1).counts == std::vector<Count>{{now - 1, "stored", 3}});
    CHECK(read(*b).counts.empty());
    CHECK(read(*b).totals.size() == 3);
  }
}

TEST_CASE("every store has room for so many series and names of such a length; the rest is other") {
  for (const std::string& scheme : kLedgers) {
    INFO(scheme);
    World world(scheme);
    const auto statistics = open_of(world.options);
    add(*statistics, many(7, Statistics::kMostSeries + 50), 1);
    add(*statistics, many(7, Statistics::kMostSeries + 50), 2);  // those that are there still grow
    add(*statistics, {{8, std::string(Statistics::kLongestName + 1, 'x'), 5}, {8, "", 1}, {8, "new", 1}}, 3);
    const Numbers numbers = read(*statistics, 7, 8);
    CHECK(numbers.totals.size() == Statistics::kMostSeries);
    CHECK(numbers.totals.at("s0") == 2);
    CHECK(numbers.totals.at("other") == 2 * 51 + 7);
    CHECK(sum(numbers.totals) == 2 * (Statistics::kMostSeries + 50) + 7);
    CHECK(std::count_if(numbers.counts.begin(), numbers.counts.end(),
                        [](const Count& each) { return each.hour == 7; }) == Statistics::kMostSeries);
    CHECK(std::vector<Count>(numbers.counts.end() - 2, numbers.counts.end()) ==
          std::vector<Count>{{8, "new", 1}, {8, "other", 6}});
  }
}

TEST_CASE("statistics: old hours make room for new ones, and totals stay") {
  CHECK(hours_kept(24h) == 24);
  CHECK(hours_kept(24h + 1ms) == 25);
  for (const std::string scheme : {"memory", "sqlite"}) {  // Redis forgets by its own clock
    INFO(scheme);
    World world(scheme);
    world.options.settings.statistics_age = 3h;
    const auto statistics = open_of(world.options);
    std::uint64_t number = 0;
    for (Hour hour = 100; hour < 110; ++hour) add(*statistics, {{hour, "a", 1}, {hour, "b", 2}}, ++number);
    const Numbers numbers = read(*statistics, 0, 1000);
    CHECK(numbers.counts ==
          std::vector<Count>{{107, "a", 1}, {107, "b", 2}, {108, "a", 1}, {108, "b", 2}, {109, "a", 1}, {109, "b", 2}});
    CHECK(numbers.totals == Totals{{"a", 10}, {"b", 20}});
  }
}

TEST_CASE("every store forgets hours by their age, however few there are") {
  for (const std::string& scheme : kLedgers) {
    INFO(scheme);
    World world(scheme);
    world.options.settings.statistics_age = 3h;
    const auto statistics = open_of(world.options);
    add(*statistics, {{100, "a", 1}, {108, "a", 1}, {110, "a", 1}}, 1);
    CHECK(read(*statistics, 0, 200).counts == std::vector<Count>{{108, "a", 1}, {110, "a", 1}});
    CHECK(read(*statistics).totals.at("a") == 3);
    if (scheme == "redis") continue;  // by its own clock, from the last count on
    add(*statistics, {{111, "a", 1}}, 2);
    CHECK(read(*statistics, 0, 200).counts == std::vector<Count>{{110, "a", 1}, {111, "a", 1}});
  }
  CHECK(newest_of({}) == std::nullopt);
}

TEST_CASE("sqlite statistics: they outlive their process, and a damaged file is put aside") {
  World world("sqlite");
  add(*open_of(world.options), {{7, "stored", 3}}, 1);
  CHECK(read(*open_of(world.options)).totals.at("stored") == 3);
  const std::string path = world.folder.path("mail.db.statistics");
  CHECK(std::filesystem::status(path).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  std::ofstream(path) << "no database, but of some length all the same";
  CHECK_FALSE(open_of(world.options, Role::reader)->totals());
  add(*open_of(world.options), {{7, "stored", 1}}, 1);
  CHECK(read(*open_of(world.options, Role::reader)).totals.at("stored") == 1);
  CHECK(std::filesystem::exists(path + ".damaged"));
}

TEST_CASE("sqlite statistics: writers of several threads and files wait for each other") {
  World world("sqlite");
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      OpenOptions options = ledger_options(world.options);
      const auto statistics = open_statistics(options);
      for (std::uint64_t n = 1; n <= 50; ++n)
        while (!(*statistics)->add(std::vector<Count>{{7, "a", 1}}, n)) std::this_thread::yield();
    });
  for (std::thread& each : threads) each.join();
  CHECK(read(*open_of(world.options), 7, 7).counts == std::vector<Count>{{7, "a", 150}});
}

TEST_CASE("redis statistics: a batch whose answer was lost is counted once, and hours expire") {
  RedisServer server;
  const FakeClock clock;
  OpenOptions options = open_options({}, server.url(), clock);
  options.redis.prefix = "x:";
  options.settings.statistics_age = 24h;
  const auto statistics = open_of(options);
  const std::vector<Count> batch{{7, "stored", 3}};
  add(*statistics, batch, 1);
  add(*statistics, batch, 1);
  CHECK(read(*statistics).totals.at("stored") == 3);
  add(*statistics, batch, 2);
  add(*open_of(options), batch, 1);  // another process
  CHECK(read(*statistics, 7, 7).counts == std::vector<Count>{{7, "stored", 9}});
  const auto left = server.ask({"TTL", "x:statistics:7"}).number;
  CHECK(left > 24 * 3600);
  CHECK(left <= 25 * 3600);
  CHECK(server.ask({"TTL", "x:statistics:total"}).number == -1);
}
