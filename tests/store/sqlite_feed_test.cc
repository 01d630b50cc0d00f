/// sqlite_feed_test: news of what another connection committed.
#include <catch2/catch.hpp>
#include <thread>

#include "store/feed_scenes.h"
#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("sqlite feed: tells of what was committed since it was opened, and misses nothing") {
  World world("sqlite");
  auto store = world.open();
  REQUIRE(store);
  REQUIRE(put_one(**store, delivery(world.clock.now(), {"bob"})));
  auto feed = open_feed(world.options);
  REQUIRE(feed);
  CHECK(!*(*feed)->wait(0ms));
  for (int i = 0; i < 20; ++i) {
    std::thread later([&] { put_one(**store, delivery(world.clock.now(), {"bob" + std::to_string(i)})); });
    bool news = false;
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!news && std::chrono::steady_clock::now() < until) {
      news = *(*feed)->wait(20s) && shown(**store, "bob" + std::to_string(i)).size() == 1;
    }
    later.join();
    CHECK(news);
  }
  while (*(*feed)->wait(0ms)) {
  }
  CHECK(!*(*feed)->wait(5ms));
}

TEST_CASE("sqlite feed: a removal is news, reading is none") {
  World world("sqlite");
  auto store = world.open();
  REQUIRE(store);
  const auto id = put_one(**store, delivery(world.clock.now(), {"bob"}));
  REQUIRE(id);
  auto feed = open_feed(world.options);
  REQUIRE(feed);
  CHECK(shown(**store, "bob").size() == 1);
  CHECK(!*(*feed)->wait(1ms));
  CHECK((*store)->remove(inbox("bob"), *id).value());
  CHECK(*(*feed)->wait(20s));
}

TEST_CASE("sqlite feed: a store that is made anew under its name is followed") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  REQUIRE(world.open());
  auto feed = open_feed(world.options);
  REQUIRE(feed);
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  auto store = world.open();
  REQUIRE(store);
  CHECK(*(*feed)->wait(20s));
  while (*(*feed)->wait(0ms)) {
  }
  REQUIRE(put_one(**store, delivery(world.clock.now(), {"bob"})));
  CHECK(*(*feed)->wait(20s));
}

TEST_CASE("sqlite feed: tells whose news these are") {
  World world("sqlite");
  auto store = world.open();
  REQUIRE(store);
  const auto feed = open_feed(world.options);
  REQUIRE(feed);
  tells_whose_news(**store, **feed, world.clock.now());
}

TEST_CASE("sqlite feed: the writer that comes next goes on counting") {
  World world("sqlite");
  auto store = world.open();
  REQUIRE(store);
  REQUIRE(put_one(**store, delivery(world.clock.now(), {"bob"})));
  const auto feed = open_feed(world.options);
  REQUIRE(feed);
  store->reset();
  store = world.open();
  REQUIRE(store);
  REQUIRE(put_one(**store, delivery(world.clock.now(), {"eve"})));
  CHECK(heard(**feed, {"bob", "eve"}) == std::vector<std::string>{"eve"});
}
