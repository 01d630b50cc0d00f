/// redis_room_test: the walk goes past inboxes that are nobody's concern, and past many of one moment. What else there
/// is to it fair_share_test has.
#include "store/redis_room.h"

#include <catch2/catch.hpp>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("redis room: what is old and of the large one is found, wherever it is") {
  World world("redis");
  world.options.settings.max_size = 8u << 20;
  auto store = world.open();
  REQUIRE(store);
  const auto put = [&](const std::string& name, int count, std::size_t size, const char* peer) {
    std::vector<Delivery> batch;
    for (int i = 0; i < count; ++i) {
      batch.push_back(delivery(world.clock.now(), {name + std::to_string(i)}, size));
      batch.back().summary.peer = peer;
    }
    std::size_t stored = 0;
    for (const auto& result : (*store)->put(batch)) stored += result.has_value();
    return stored;
  };
  CHECK(put("others", 300, 200, "198.51.100.1") == 300);  // of one moment, more than a step looks at
  world.clock.advance(1s);
  const std::size_t large = put("large", 200, 30000, "192.0.2.1");
  CHECK(large > 100);
  CHECK(large < 150);
  world.clock.advance(world.options.inbox.min_age - 1s);
  CHECK(put("young", 10, 30000, "192.0.2.1") == 0);
  for (int i = 0; i < 20; ++i) CHECK((*store)->purge({50})->evicted == 0);
  world.clock.advance(2s);
  CHECK((*store)->purge({50})->evicted == 0);  // it has looked in vain, and rests for a minute
  world.clock.advance(1min);
  std::size_t evicted = 0;
  for (bool more = true; more;) {
    const auto report = (*store)->purge({50});
    REQUIRE(report);
    evicted += report->evicted;
    if (report->evicted != 0) CHECK(report->source == "192.0.2.0/24");
    more = report->more;
  }
  CHECK(evicted > 5);
  CHECK(evicted < 40);
  CHECK(put("young", 1, 30000, "192.0.2.1") == 1);
  for (int i = 0; i < 300; ++i) REQUIRE(shown(**store, "others" + std::to_string(i)).size() == 1);
  auto second = world.open();  // as another machine's
  REQUIRE(second);
  CHECK((*second)->purge({50})->evicted < 5);  // knows that there is room
}
