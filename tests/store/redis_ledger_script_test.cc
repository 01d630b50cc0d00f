/// redis_ledger_script_test.cc: what the script leaves in the server. What it answers: ledger_test.cc.
#include <catch2/catch.hpp>

#include "store/ledger_kit.h"
#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("redis ledger script: three keys, of one size, and nothing besides") {
  const RedisServer server;
  FakeClock clock;
  OpenOptions options;
  options.url = server.url();
  options.clock = &clock;
  options.redis.prefix = "p:";
  options.ledger = 30;
  const auto ledger = open_ledger(options);
  REQUIRE(ledger);
  const auto size_is = [&](std::int64_t n) {
    CHECK(server.ask({"HLEN", "p:ledger"}).as_number() == n);
    CHECK(server.ask({"ZCARD", "p:ledger:used"}).as_number() == n);
    CHECK(server.ask({"ZCARD", "p:ledger:due"}).as_number() == n);
  };
  for (int i = 0; i < 100; ++i) {
    done(**ledger, Operation::put("s", std::to_string(i), 1min));
    done(**ledger, Operation::add("n", std::to_string(i % 5), 1, 1h));
  }
  size_is(30);
  CHECK(server.ask({"DBSIZE"}).as_number() == 3);
  for (int i = 0; i < 100; ++i) done(**ledger, Operation::remove("s", std::to_string(i)));
  size_is(5);
  clock.advance(3h);
  done(**ledger, Operation::put("s", "last", 1min));
  size_is(1);
  done(**ledger, Operation::remove("s", "last"));
  CHECK(server.ask({"DBSIZE"}).as_number() == 0);
}
