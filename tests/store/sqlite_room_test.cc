/// sqlite_room_test: room is made in a store of more messages than are counted, or noted, at once. What else there is
/// to it fair_share_test has.
#include "store/sqlite_room.h"

#include <catch2/catch.hpp>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("sqlite room: of many messages the oldest go, whoever counts them when") {
  World world("sqlite");
  world.options.settings.max_size = 80u << 20;
  auto store = world.open();
  REQUIRE(store);
  int messages = 0;
  for (bool room = true; room; world.clock.advance(1s)) {
    std::vector<Delivery> batch;
    for (int i = 0; i < 1000; ++i)
      batch.push_back(delivery(world.clock.now(), {"box" + std::to_string(messages + i)}, 100));
    for (const auto& result : (*store)->put(batch)) {
      room = room && result;
      messages += room;
    }
  }
  REQUIRE(messages > 66'000);
  if (GENERATE(true, false)) {  // a new process, which counts in many steps
    store->reset();
    store = world.open();
    REQUIRE(store);
  }
  world.clock.advance(world.options.inbox.min_age);
  std::size_t evicted = 0, steps = 0;
  for (bool more = true; more; ++steps) {
    REQUIRE(steps < 2000);
    const auto report = (*store)->purge({200});
    REQUIRE(report);
    CHECK(report->evicted <= 200);
    evicted += report->evicted;
    more = report->more;
  }
  CHECK(evicted > 1000);
  CHECK(evicted < static_cast<std::size_t>(messages) / 2);
  CHECK((*store)->stats()->messages == static_cast<std::size_t>(messages) - evicted);
  CHECK((*store)->stats()->inboxes == (*store)->stats()->messages);
  const int gone = static_cast<int>(evicted / 1000 * 1000);  // of the same second nobody says which is older
  for (int i = 0; i < messages; i += 97) {
    if (i >= gone && i < gone + 1000) continue;
    INFO(i << " of " << evicted);
    REQUIRE(shown(**store, "box" + std::to_string(i)).empty() == (i < gone));
  }
}
