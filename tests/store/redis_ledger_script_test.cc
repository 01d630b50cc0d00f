/// redis_ledger_script_test.cc: what the script leaves in the server. What it answers: ledger_test.cc.
#include <catch2/catch.hpp>

#include "store/ledger_kit.h"
#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

OpenOptions options_of(const RedisServer& server, const Clock& clock) {
  OpenOptions options;
  options.url = server.url();
  options.clock = &clock;
  options.redis.prefix = "p:";
  return ledger_options(options, 30);
}

}  // namespace

TEST_CASE("redis ledger script: three keys and one for each space, and nothing besides") {
  const RedisServer server;
  FakeClock clock;
  const auto ledger = open_ledger(options_of(server, clock));
  REQUIRE(ledger);
  const auto size_is = [&](std::int64_t notes, std::int64_t sums) {
    CHECK(server.ask({"HLEN", "p:ledger"}).as_number() == notes + sums);
    CHECK(server.ask({"ZCARD", "p:ledger:due"}).as_number() == notes + sums);
    CHECK(server.ask({"ZCARD", "p:ledger:used:s"}).as_number() == notes);
    CHECK(server.ask({"ZCARD", "p:ledger:used:n"}).as_number() == sums);
    CHECK(server.ask({"ZSCORE", "p:ledger:spaces", "s"}).text == (notes > 0 ? std::to_string(notes) : ""));
    CHECK(server.ask({"ZSCORE", "p:ledger:spaces", "n"}).text == (sums > 0 ? std::to_string(sums) : ""));
  };
  for (int i = 0; i < 100; ++i) {
    done(**ledger, Operation::put("s", std::to_string(i), 1min));
    done(**ledger, Operation::add("n", std::to_string(i % 5), 1, 1h));
  }
  size_is(25, 5);
  CHECK(server.ask({"DBSIZE"}).as_number() == 5);
  for (int i = 0; i < 100; ++i) done(**ledger, Operation::remove("s", std::to_string(i)));
  size_is(0, 5);
  clock.advance(3h);
  done(**ledger, Operation::put("s", "last", 1min));
  size_is(1, 0);
  done(**ledger, Operation::remove("s", "last"));
  CHECK(server.ask({"DBSIZE"}).as_number() == 0);
}

TEST_CASE("redis ledger script: what an older maildrop left is dropped, also where a newer one had been before it") {
  const RedisServer server;
  const FakeClock clock;
  const auto ledger = open_ledger(options_of(server, clock));
  SECTION("alone") {}
  SECTION("and what a newer one left") { flood(**ledger, "s", 0, 20); }
  server.ask({"HSET", "p:ledger", "s:old", "1 9999999999999 1 0 0 x"});
  server.ask({"ZADD", "p:ledger:due", "9999999999999", "s:old"});
  server.ask({"ZADD", "p:ledger:used", "1", "s:old"});
  const std::int64_t before = server.ask({"DBSIZE"}).as_number();
  CHECK_FALSE(has(**ledger, "old"));
  CHECK(server.ask({"DBSIZE"}).as_number() == before);  // who only asks leaves it
  done(**ledger, Operation::put("s", "new", 1h));
  CHECK_FALSE(server.ask({"EXISTS", "p:ledger:used"}).as_number() == 1);
  CHECK(has(**ledger, "new"));
  CHECK((*ledger)->stats().records == 1);
}

TEST_CASE("redis ledger script: one that lost a key of its own comes to its limit all the same") {
  const RedisServer server;
  const FakeClock clock;
  const auto ledger = open_ledger(options_of(server, clock));
  const auto lost = GENERATE("p:ledger", "p:ledger:due", "p:ledger:spaces", "p:ledger:used:a");
  INFO(lost);
  flood(**ledger, "a", 0, 20);
  flood(**ledger, "b", 0, 10);
  server.ask({"DEL", lost});
  flood(**ledger, "b", 10, 200);
  CHECK((*ledger)->stats().records <= 30);
  CHECK(has(**ledger, "209", "b"));
  server.ask({"DEL", "p:ledger:spaces"});
  (*ledger)->set_limit(1);
  done(**ledger, Operation::put("c", "x", 1h));
  CHECK((*ledger)->stats().records <= 1);
  (*ledger)->set_limit(30);
  flood(**ledger, "c", 0, 20);
  CHECK(held(**ledger, "c", 0, 20) == 20);
}
