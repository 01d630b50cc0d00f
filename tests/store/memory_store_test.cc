/// memory_store_test: the contract on the store in memory, and what is its own.
#include "store/feed_scenes.h"
#include "store/play_together.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("memory: keeps the contract") { play_all("memory"); }
TEST_CASE("memory: keeps the contract when calls fail") { play_all_flaky("memory"); }
TEST_CASE("memory: threads do not disturb each other") { play_together("memory"); }

TEST_CASE("memory: one state for one name, as long as somebody holds it") {
  World world("memory");
  CHECK(world.open(Role::reader).error().code == Code::not_found);
  auto writer = world.open();
  REQUIRE(writer);
  CHECK(world.open().error().code == Code::unavailable);
  auto reader = world.open(Role::reader);
  REQUIRE(reader);
  const auto id = put_one(**writer, delivery(world.clock.now(), {"bob"}));
  REQUIRE(id);
  CHECK(shown(**reader, "bob") == Ids{id->text()});
  CHECK(put_one(**reader, delivery(world.clock.now(), {"bob"})).error().code == Code::unavailable);
  writer->reset();
  CHECK(world.open());
  CHECK(shown(**reader, "bob") == Ids{id->text()});
  reader->reset();
  CHECK(shown(**world.open(), "bob").empty());
}

TEST_CASE("memory: what is counted comes back to nothing") {
  World world("memory");
  auto store = world.open();
  REQUIRE(store);
  const auto before = (*store)->stats()->bytes;
  for (int i = 0; i < 30; ++i) REQUIRE(put_one(**store, delivery(world.clock.now(), {"a", "b"}, 1000)));
  CHECK((*store)->stats()->bytes > 10000);
  world.clock.advance(world.options.inbox.max_age);
  purge_all(**store);
  CHECK((*store)->stats()->bytes == before);
}

TEST_CASE("memory: the feed tells of what was committed since it was opened") {
  World world("memory");
  auto store = world.open();
  REQUIRE(store);
  auto feed = open_feed(world.options);
  REQUIRE(feed);
  CHECK(!*(*feed)->wait(0ms));
  REQUIRE(put_one(**store, delivery(world.clock.now(), {"bob"})));
  CHECK(*(*feed)->wait(0ms));
  CHECK(!*(*feed)->wait(1ms));
  std::thread later([&] { put_one(**store, delivery(world.clock.now(), {"bob"})); });
  CHECK(*(*feed)->wait(20s));
  later.join();
}

TEST_CASE("memory: the feed tells whose news these are") {
  World world("memory");
  auto store = world.open();
  REQUIRE(store);
  const auto feed = open_feed(world.options);
  REQUIRE(feed);
  tells_whose_news(**store, **feed, world.clock.now());
}
