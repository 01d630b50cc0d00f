/// redis_feed_test: news over a subscription, and over one that was lost.
#include <catch2/catch.hpp>

#include "store/feed_scenes.h"
#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("redis feed: it tells of what was committed since it was opened, and of a link that was lost") {
  const RedisServer server;
  const FakeClock clock;
  OpenOptions options;
  options.url = server.url();
  options.role = Role::writer;
  options.clock = &clock;
  const auto opened = open_store(options);
  REQUIRE(opened);
  Store* store = opened->get();
  auto feed = open_feed(options);
  REQUIRE(feed);
  CHECK_FALSE((*feed)->wait(1ms).value_or(true));
  REQUIRE(put_one(*store, delivery(clock.now(), {"bob"})));
  REQUIRE(put_one(*store, delivery(clock.now(), {"bob"})));
  CHECK((*feed)->wait(5s).value_or(false));
  while ((*feed)->wait(50ms).value_or(false)) continue;  // two pieces of news may come one by one
  REQUIRE(store->remove(inbox("bob"), MessageId::trusted(shown(*store, "bob").front())));
  CHECK((*feed)->wait(5s).value_or(false));
  server.ask({"CLIENT", "KILL", "TYPE", "pubsub"});
  CHECK_FALSE((*feed)->wait(5s));
  CHECK((*feed)->wait(5s).value_or(false));
  CHECK((*feed)->news().of_all());
  CHECK_FALSE((*feed)->wait(1ms).value_or(true));
}

TEST_CASE("redis feed: it tells whose news these are") {
  const RedisServer server;
  const FakeClock clock;
  OpenOptions options;
  options.url = server.url();
  options.role = Role::writer;
  options.clock = &clock;
  const auto store = open_store(options);
  REQUIRE(store);
  const auto feed = open_feed(options);
  REQUIRE(feed);
  tells_whose_news(**store, **feed, clock.now());
}
