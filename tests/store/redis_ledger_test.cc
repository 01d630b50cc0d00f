/// redis_ledger_test.cc: restarts, refusals and silence of the server. What it does: ledger_test.cc.
#include "store/redis_ledger.h"

#include "store/ledger_kit.h"
#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("redis ledger: what it knows outlives us, and a server that keeps what it has") {
  RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  const FakeClock clock;
  const auto first = open_ledger(ledger_options(open_options({}, server.url(), clock)));
  REQUIRE(first);
  done(**first, Operation::put("s", "a", 1h, "x"));
  CHECK(done(**first, Operation::take("t", "b", 1, {1, 1h, 1})).granted);
  const auto second = open_ledger(ledger_options(open_options({}, server.url(), clock)));
  CHECK(done(**second, Operation::get("s", "a")).value == "x");
  server.end(SIGKILL);
  const Result<Answer> gone = (*second)->run(Operation::get("s", "a"));
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == Code::unavailable);
  server.start();
  CHECK(until([&] { return (*second)->run(Operation::get("s", "a")).has_value(); }));
  CHECK(done(**second, Operation::get("s", "a")).value == "x");
  CHECK_FALSE(done(**second, Operation::take("t", "b", 1, {1, 1h, 1})).granted);
}

TEST_CASE("redis ledger: scripts are taught again") {
  const RedisServer server;
  const FakeClock clock;
  const auto ledger = open_ledger(ledger_options(open_options({}, server.url(), clock)));
  done(**ledger, Operation::put("s", "a", 1h));
  server.ask({"SCRIPT", "FLUSH"});
  CHECK(has(**ledger, "a"));
}

TEST_CASE("redis ledger: a server without memory refuses, and does nothing") {
  const RedisServer server;
  const FakeClock clock;
  const auto ledger = open_ledger(ledger_options(open_options({}, server.url(), clock)));
  done(**ledger, Operation::put("s", "a", 1h));
  server.ask({"CONFIG", "SET", "maxmemory", "1"});
  const Result<Answer> answer = (*ledger)->run(Operation::put("s", "b", 1h));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::over_limit);
  server.ask({"CONFIG", "SET", "maxmemory", "0"});
  CHECK_FALSE(has(**ledger, "b"));
  CHECK(has(**ledger, "a"));
}

TEST_CASE("redis ledger: a server that is not there is an error of each batch, not of opening") {
  const FakeClock clock;
  const auto ledger = open_ledger(open_options({}, "redis+unix:///nowhere/redis.sock", clock));
  REQUIRE(ledger);
  const Result<Answer> answer = (*ledger)->run(Operation::get("s", "a"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unavailable);
  CHECK_FALSE(open_ledger(open_options({}, "redis://:x@host", clock)));
}
