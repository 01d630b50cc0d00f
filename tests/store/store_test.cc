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
