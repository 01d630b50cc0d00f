/// redis_formats_test: what an older maildrop has in Redis is read, what a newer one has is left alone.
#include "store/compression.h"
#include "store/old_formats.h"
#include "store/redis_client.h"
#include "store/redis_home.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("redis: data of a newer maildrop is left alone") {
  Home home;
  REQUIRE(put_one(*home.open(), home.mail()));
  home.server.ask({"HSET", "maildrop:total", "version", std::to_string(redis::kVersion + 1)});
  const auto newer = open_store(home.options);
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == Code::invalid);
  CHECK_FALSE(check_store(home.options, {}));
  home.server.ask({"HSET", "maildrop:total", "version", std::to_string(redis::kVersion)});
  CHECK(check_store(home.options, {}));
}

TEST_CASE("redis: mail of older versions, plain and in no sample of who holds what, is read, counted and removed") {
  Home home;
  home.options.settings.compression = 0;
  const auto store = home.open();
  const Delivery old = home.mail();
  REQUIRE(put_one(*store, old));
  const std::string body = "maildrop:body:" + old.summary.id.text();
  home.server.ask({"HDEL", body, "w", "z"});
  home.server.ask(
      {"LSET", "maildrop:{bob}", "0", old.summary.id.text() + old_summary(old.summary, "bob@example.test", false)});
  home.server.ask({"HSET", body, "t", "S: 220 mx"});
  home.server.ask({"HINCRBY", "maildrop:total", "bytes", "9"});
  home.server.ask({"DEL", "maildrop:sources"});
  home.server.ask({"HSET", "maildrop:total", "version", "1"});
  const auto now = home.open();
  REQUIRE(put_one(*now, home.mail()));
  CHECK(home.server.ask({"HGET", "maildrop:total", "version"}).text == std::to_string(redis::kVersion));
  CHECK(now->get(inbox("bob"), old.summary.id)->data == old.data);
  CHECK(now->get(inbox("bob"), old.summary.id)->transcript == "S: 220 mx");
  CHECK(now->remove(inbox("bob"), old.summary.id).value_or(false));
  CHECK(shown(*now, "bob").size() == 1);
  CHECK(now->stats()->messages == 1);
}

TEST_CASE("redis: mail of version 3 had its transcript behind it without a tag") {
  Home home;
  const auto store = home.open();
  const Delivery old = home.mail();
  REQUIRE(put_one(*store, old));
  const std::string body = "maildrop:body:" + old.summary.id.text();
  const std::string bytes = compress(old.data + "S: 220 mx\n", {9, true}).value();
  home.server.ask({"HSET", body, "d", bytes, "z", "1"});
  home.server.ask(
      {"LSET", "maildrop:{bob}", "0", old.summary.id.text() + old_summary(old.summary, "bob@example.test", true)});
  home.server.ask({"HSET", "maildrop:total", "version", "3"});
  const auto now = home.open();
  const auto got = now->get(inbox("bob"), old.summary.id);
  REQUIRE(got);
  CHECK(got->data == old.data);
  CHECK(got->transcript == "S: 220 mx\n");
  CHECK(got->verdicts.empty());
  CHECK(got->summary.tls == old.summary.tls);
  CHECK(got->summary.to == "bob@example.test");
  REQUIRE(put_one(*now, home.mail()));
  CHECK(home.server.ask({"HGET", "maildrop:total", "version"}).text == "4");
  CHECK(shown(*now, "bob").size() == 2);
}
