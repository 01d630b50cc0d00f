/// sqlite_store_test: the contract on SQLite.
#include "store/play_together.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("sqlite: keeps the contract") { play_all("sqlite"); }
TEST_CASE("sqlite: keeps the contract when calls fail") { play_all_flaky("sqlite"); }
TEST_CASE("sqlite: threads do not disturb each other") { play_together("sqlite"); }

TEST_CASE("sqlite: what was stored is there after a reopen") {
  World world("sqlite");
  Ids all;
  for (int round = 0; round < 3; ++round) {
    auto store = world.open();
    REQUIRE(store);
    CHECK(shown(**store, "bob") == all);
    for (int i = 0; i < 2; ++i) {
      const auto id = put_one(**store, delivery(world.clock.now(), {"bob", "carol"}, 40000));
      REQUIRE(id);
      all.insert(all.begin(), id->text());
    }
    CHECK((*store)->stats()->messages == 2 * all.size());
  }
}
