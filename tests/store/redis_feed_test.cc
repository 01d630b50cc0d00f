/// redis_feed_test: news over a subscription, and over one that was lost.
#include <catch2/catch.hpp>

#include "store/feed_scenes.h"
#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

/// A server, a store in it, and a feed that was opened then.
struct Fed {
  Fed() {
    options.url = server.url();
    options.role = Role::writer;
    options.clock = &clock;
    store = open_store(options).value();
    feed = open_feed(options).value();
  }

  RedisServer server;
  FakeClock clock;
  OpenOptions options;
  std::unique_ptr<Store> store;
  std::unique_ptr<Feed> feed;
};

}  // namespace

TEST_CASE("redis feed: it tells of what was committed since it was opened, and of a link that was lost") {
  Fed fed;
  Store& store = *fed.store;
  Feed& feed = *fed.feed;
  CHECK_FALSE(feed.wait(1ms).value_or(true));
  REQUIRE(put_one(store, delivery(fed.clock.now(), {"bob"})));
  REQUIRE(put_one(store, delivery(fed.clock.now(), {"bob"})));
  CHECK(feed.wait(5s).value_or(false));
  while (feed.wait(50ms).value_or(false)) continue;  // two pieces of news may come one by one
  REQUIRE(store.remove(inbox("bob"), MessageId::trusted(shown(store, "bob").front())));
  CHECK(feed.wait(5s).value_or(false));
  fed.server.ask({"CLIENT", "KILL", "TYPE", "pubsub"});
  CHECK_FALSE(feed.wait(5s));
  CHECK(feed.wait(5s).value_or(false));
  CHECK(feed.news().of_all());
  CHECK_FALSE(feed.wait(1ms).value_or(true));
}

TEST_CASE("redis feed: it tells whose news these are") {
  Fed fed;
  tells_whose_news(*fed.store, *fed.feed, fed.clock.now());
}
