/// stats_test.cc: maildrop stats on a store in memory: which hours, which form, and what it ends with.
#include "stats.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "command.h"

namespace maildrop::cmd {
namespace {

using test::Capture;
using namespace std::chrono_literals;

/// 22:13 on 2023-11-14. An hour back each: 1, 2, 4, and 8 messages stored.
struct StatsDesk {
  StatsDesk() {
    store::OpenOptions open;
    open.url = "memory:stats";
    open.role = store::Role::writer;
    open.clock = &clock;
    source.store = std::move(*store::open_store(open));
    source.statistics = std::move(*store::open_statistics(open));
    source.limit = 1000;
    source.kept = 48;
    const store::Hour hour = store::hour_of(clock.now());
    std::uint64_t number = 0;
    for (store::Hour back = 0; back < 4; ++back) {
      const store::Count count{hour - back, "stored", std::uint64_t{1} << back};
      REQUIRE(source.statistics->add({&count, 1}, ++number));
    }
  }
  std::pair<int, std::string> run(const StatsOptions& options) {
    const Capture out(1), err(2);
    const int status = StatsRun(options, source, clock).main();
    return {status, out.text() + err.text()};
  }
  api::Json json(const std::string& since, const std::string& until) {
    StatsOptions options;
    options.json = true;
    options.since = since;
    options.until = until;
    const auto [status, out] = run(options);
    REQUIRE(status == exit_ok);
    return api::Json::parse(out);
  }

  FakeClock clock;
  StatsSource source;
};

TEST_CASE("stats: whole hours, from that of --since to that of --until") {
  StatsDesk desk;
  const auto counts = [&](const std::string& since, const std::string& until) {
    return desk.json(since, until)["series"][0]["counts"];
  };
  CHECK(counts("0", "") == api::Json{1});
  CHECK(counts("2h", "") == api::Json{4, 2, 1});
  CHECK(counts("2h", "1h") == api::Json{4, 2});
  CHECK(counts("2023-11-14T20:00", "2023-11-14T22:00") == api::Json{4, 2});
  CHECK(counts("2023-11-14T20:00", "2023-11-14T20:00") == api::Json{4});
  CHECK(counts("", "2023-11-14T20:00").size() == 24);
  CHECK(counts("", "2023-11-14T20:00")[23] == 8);
  CHECK(counts("2023-11-14T19:59", "2023-11-14T20:01") == api::Json{8, 4});
  CHECK(counts("", "").size() == 24);
  CHECK(counts("2000-01-01", "").size() == 48);  // as far as they are kept
  CHECK(desk.json("2h", "1h")["open"] == false);
  CHECK(desk.json("2h", "")["open"] == true);
  CHECK(desk.json("2h", "")["store"]["limit"] == 1000);
  CHECK_FALSE(desk.json("2h", "").contains("sources"));
}

TEST_CASE("stats: an end before the begin is told") {
  StatsDesk desk;
  StatsOptions options;
  options.since = "1h";
  options.until = "2h";
  CHECK(desk.run(options).first == exit_usage);
  CHECK(desk.run(options).second.find("--until is before") != std::string::npos);
  options.since = "2000-01-01";
  options.until = "2000-01-02";
  CHECK(desk.run(options).first == exit_no_input);
  CHECK(desk.run(options).second.find("not kept") != std::string::npos);
}

TEST_CASE("stats: forms, of one part or all, and nothing for a terminal where there is none") {
  StatsDesk desk;
  StatsOptions options;
  const std::string text = desk.run(options).second;
  CHECK(text.find("Grand totals") != std::string::npos);
  CHECK(text.find("\x1b") == std::string::npos);
  options.by = "hour";
  options.csv = true;
  const std::string csv = desk.run(options).second;
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 25);
  options = {};
  options.prometheus = true;
  CHECK(desk.run(options).second.find("maildrop_statistics_total{group=\"\",name=\"stored\"} 15\n") !=
        std::string::npos);
}

}  // namespace
}  // namespace maildrop::cmd
