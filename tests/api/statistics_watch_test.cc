/// statistics_watch_test.cc: who is woken, when, and at what cost to the store.
#include "api/statistics_watch.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "api/kit.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

struct Stage : World {
  StatisticsWatch watch{statistics_reader, Millis(2)};

  /// Each reading is a new one.
  void tick() { clock.advance(StatisticsReader::kFresh); }
  /// Whether it becomes true within 20 s.
  bool becomes(const std::function<bool()>& condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i) {
      tick();
      std::this_thread::sleep_for(Millis(2));
    }
    return condition();
  }
};

}  // namespace

TEST_CASE("statistics_watch: nothing is read while nobody watches; then all are woken by what has changed") {
  Stage stage;
  stage.statistics.count("stored", 3);
  for (int i = 0; i < 10; ++i) {
    stage.tick();
    std::this_thread::sleep_for(Millis(2));
  }
  CHECK(stage.statistics.reads() == 0);
  CHECK(stage.watch.latest() == std::nullopt);
  std::atomic<int> first{0}, second{0};
  auto gone = std::make_unique<StatisticsWatch::Watcher>(stage.watch, [&] { ++first; });
  CHECK(stage.becomes([&] { return first == 1; }));
  CHECK(stage.watch.latest() == MailCounts{3, 0});
  const auto stays = std::make_unique<StatisticsWatch::Watcher>(stage.watch, [&] { ++second; });
  CHECK(stage.watch.watchers() == 2);
  const int read = stage.statistics.reads();
  CHECK(stage.becomes([&] { return stage.statistics.reads() > read + 3; }));
  CHECK(first == 1);  // nothing has changed
  stage.statistics.count("refused", 1);
  CHECK(stage.becomes([&] { return first == 2 && second == 1; }));
  CHECK(stage.watch.latest() == MailCounts{3, 1});
  gone.reset();
  stage.statistics.count("refused", 1);
  CHECK(stage.becomes([&] { return second == 2; }));
  CHECK(first == 2);
}

TEST_CASE("statistics_watch: when the last one has gone, what he knew is forgotten, and who comes then is told anew") {
  Stage stage;
  std::atomic<int> woken{0};
  for (int turn = 1; turn <= 3; ++turn) {
    const StatisticsWatch::Watcher watcher(stage.watch, [&] { ++woken; });
    CHECK(stage.becomes([&] { return woken == turn; }));
    CHECK(stage.watch.latest() == MailCounts{0, 0});
  }
  CHECK(stage.watch.latest() == std::nullopt);
}

TEST_CASE("statistics_watch: a store that fails tells nothing, and is asked again") {
  Stage stage;
  stage.statistics.failure = Error{Code::unavailable, "disk gone"};
  std::atomic<int> woken{0};
  const StatisticsWatch::Watcher watcher(stage.watch, [&] { ++woken; });
  CHECK(stage.becomes([&] { return stage.statistics.reads() >= 2; }));
  CHECK(woken == 0);
  CHECK(stage.watch.latest() == std::nullopt);
}

TEST_CASE("statistics_watch: more than are woken at once are all woken, and once") {
  Stage stage;
  constexpr std::size_t kMany = 3 * StatisticsWatch::kAtOnce + 1;
  std::vector<std::atomic<int>> woken(kMany);
  std::vector<std::unique_ptr<StatisticsWatch::Watcher>> watchers;
  for (std::atomic<int>& each : woken)
    watchers.push_back(std::make_unique<StatisticsWatch::Watcher>(stage.watch, [&each] { ++each; }));
  const auto all = [&](int times) {
    return std::all_of(woken.begin(), woken.end(), [times](const std::atomic<int>& each) { return each == times; });
  };
  REQUIRE(stage.becomes([&] { return woken.front() > 0; }));
  const int read = stage.statistics.reads();  // the next reading comes when all have been woken
  REQUIRE(stage.becomes([&] { return stage.statistics.reads() > read + 1; }));
  for (std::atomic<int>& each : woken) each = 0;
  stage.statistics.count("stored", 1);
  CHECK(stage.becomes([&] { return all(1); }));
}
