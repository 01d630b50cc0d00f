/// timeline_test.cc: any span in so many slots, in any order, and dates that no mail has.
#include "replay/timeline.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "core/parse_time.h"

using namespace maildrop;
using namespace maildrop::replay;
using namespace std::chrono_literals;

namespace {

Time at(std::string_view text) { return parse_rfc3339(text).value(); }

const Time kNoon = at("2003-02-14T12:00:00.000Z");

std::uint64_t sum(const Timeline::View& view) {
  std::uint64_t all = view.before.messages() + view.after.messages() + view.undated.messages();
  for (const auto& slot : view.slots) all += slot.messages();
  return all;
}

std::string told(const Timeline::View& view) {
  std::string out = rfc3339(view.first) + " " + std::to_string(view.width.count());
  for (const auto& slot : view.slots) out += " " + std::to_string(slot.messages());
  return out;
}

}  // namespace

TEST_CASE("an hour is told by minutes, with what was caught of each label") {
  Timeline timeline;
  timeline.add(kNoon, Label::spam, true);
  timeline.add(kNoon + 59s, Label::spam, false);
  timeline.add(kNoon + 60min, Label::ham, true);
  const auto view = timeline.view();
  CHECK(view.width == 1min);
  CHECK(view.first == kNoon);
  REQUIRE(view.slots.size() == 61);
  CHECK((view.slots[0].all == std::array<std::uint64_t, 3>{0, 2, 0} && view.slots[0].caught[1] == 1));
  CHECK((view.slots[60].all[2] == 1 && view.slots[60].caught[2] == 1));
}

TEST_CASE("any span fits, and nothing is lost") {
  for (const std::chrono::minutes span :
       std::initializer_list<std::chrono::minutes>{1min, 7h, 24h * 3, 24h * 500, 24h * 365 * 30, 24h * 365 * 2000}) {
    Timeline timeline;
    for (int i = 0; i < 2000; ++i) timeline.add(kNoon + span * i / 2000, Label::ham, i % 2 == 0);
    const auto view = timeline.view();
    CHECK(timeline.kept() <= Timeline::kKept);
    CHECK(view.slots.size() <= Timeline::kShown);
    CHECK(view.slots.front().messages() > 0);
    CHECK(view.slots.back().messages() > 0);
    CHECK(sum(view) == 2000);
    CHECK(view.before.messages() + view.after.messages() == 0);
    CHECK(view.first <= kNoon);
    CHECK(view.first + view.width > kNoon);
  }
}

TEST_CASE("in whatever order they come, it is the same") {
  std::mt19937 random(3);
  std::vector<Time> times;
  for (int i = 0; i < 3000; ++i) times.push_back(kNoon + std::chrono::minutes(random() % 1'000'000));
  Timeline sorted, shuffled;
  for (const Time time : times) shuffled.add(time, Label::spam, true);
  std::sort(times.begin(), times.end());
  for (const Time time : times) sorted.add(time, Label::spam, true);
  CHECK(told(sorted.view()) == told(shuffled.view()));
}

TEST_CASE("weeks begin on Mondays") {
  Timeline timeline;
  for (int day = 0; day < 600; ++day) timeline.add(kNoon + 24h * day, Label::none, false);
  CHECK(timeline.view().width == 24h * 7);
  CHECK(timeline.view().first == at("2003-02-10T00:00:00.000Z"));
}

TEST_CASE("the first days of 1970 are before the first Monday, and in slots of their own") {
  Timeline timeline;
  for (const int day : {0, 3, 4, 8}) timeline.add(from_millis(1) + 24h * day, Label::none, false);
  const auto view = timeline.view();
  CHECK(view.first == at("1970-01-01T00:00:00.000Z"));
  CHECK(view.width == 3h);
  for (const std::size_t slot : {0, 24, 32, 64}) CHECK(view.slots.at(slot).messages() == 1);
}

TEST_CASE("a few with wrong dates do not make a spot of all others") {
  Timeline timeline;
  for (int i = 0; i < 1000; ++i) timeline.add(kNoon + 1h * i, Label::spam, true);
  timeline.add(at("1980-01-04T00:00:00.000Z"), Label::spam, true);
  timeline.add(at("2036-01-04T00:00:00.000Z"), Label::spam, true);
  timeline.add(Time{}, Label::ham, false);
  timeline.add(from_millis(-1), Label::ham, false);
  timeline.add(from_millis(INT64_MAX), Label::ham, false);
  const auto view = timeline.view();
  CHECK(view.first > at("2003-02-01T00:00:00.000Z"));
  CHECK(view.width == 12h);
  CHECK(view.before.messages() == 1);
  CHECK(view.after.messages() == 1);
  CHECK(view.undated.messages() == 3);
  CHECK(sum(view) == 1005);
}

TEST_CASE("of none, and of one") {
  Timeline timeline;
  CHECK(timeline.view().slots.empty());
  timeline.add(kNoon, Label::ham, false);
  CHECK(timeline.view().slots.size() == 1);
}
