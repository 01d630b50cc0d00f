/// store_test: message ids.
#include "store/store.h"

#include <catch2/catch.hpp>
#include <set>

using namespace maildrop;
using namespace maildrop::store;

TEST_CASE("message ids: made ones parse, sort by time and differ") {
  const Time early = from_millis(1'000'000'000'000), late = from_millis(1'000'000'001'000);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const MessageId a = MessageId::make(early), b = MessageId::make(late);
    CHECK(a < b);
    REQUIRE(MessageId::parse(a.text()));
    CHECK(*MessageId::parse(a.text()) == a);
    seen.insert({a.text(), b.text()});
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("marks and what a list shows have names, and no others") {
  for (const Mark mark : {Mark::none, Mark::tag, Mark::quarantine}) CHECK(mark_named(name_of(mark)) == mark);
  for (const auto each : {Quarantined::hidden, Quarantined::shown, Quarantined::only})
    CHECK(quarantined_named(name_of(each)) == each);
  CHECK(name_of(Mark::tag) == "tag");
  CHECK(name_of(Quarantined::only) == "only");
  CHECK_FALSE(mark_named("Tag"));
  CHECK_FALSE(quarantined_named(""));
}

TEST_CASE("a delivery takes memory for what filters said") {
  Delivery d;
  const std::size_t before = memory_of(d);
  d.verdicts.assign(5000, 'v');
  CHECK(memory_of(d) == before + 5000);
}

TEST_CASE("message ids: strangers' text is refused unless it is one") {
  const std::string good(26, 'a');
  CHECK(MessageId::parse(good));
  for (const std::string& bad :
       {std::string(), std::string(25, 'a'), std::string(27, 'a'), std::string(26, 'A'), std::string(26, 'u'),
        std::string(26, '\0'), std::string(26, '/'), std::string(25, 'a') + "i", std::string(25, 'a') + " ",
        "../" + std::string(23, 'a')}) {
    INFO(bad);
    const auto id = MessageId::parse(bad);
    REQUIRE(!id);
    CHECK(id.error().code == Code::invalid);
  }
}
