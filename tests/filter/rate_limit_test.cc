/// rate_limit_test.cc: how limits are said, and what is wrong with those that are none.
#include "filter/rate_limit.h"

#include <catch2/catch.hpp>

#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::filter;
using Class = RateLimit::Class;

namespace {

std::string error(const std::string& text) {
  const auto limit = RateLimit::parse(text);
  return limit ? "" : limit.error().what;
}

std::string error(const std::vector<std::string>& texts) {
  const auto limits = RateLimit::parse(texts);
  return limits ? "" : limits.error().what;
}

}  // namespace

TEST_CASE("a limit is a bucket of what it allows and a tenth, which fills in its period") {
  const auto limit = RateLimit::parse("client=50/5m");
  REQUIRE(limit);
  CHECK(limit->of() == Class::client);
  CHECK(limit->text() == "client=50/5m");
  CHECK(limit->margin() == 5);
  const store::Operation operation = limit->take("192.0.2.1");
  CHECK(operation.kind == store::Operation::Kind::take);
  CHECK(operation.space == "limit-client");
  CHECK(operation.key == "5m 192.0.2.1");
  CHECK(operation.amount == 1);
  CHECK(operation.rate == store::Rate{.tokens = 50, .per = std::chrono::minutes(5), .burst = 55});
}

TEST_CASE("the margin is rounded up") {
  CHECK(RateLimit::parse("null=1/5m")->margin() == 1);
  CHECK(RateLimit::parse("null=10/5m")->margin() == 1);
  CHECK(RateLimit::parse("null=11/5m")->margin() == 2);
}

TEST_CASE("each class has a space, and each period a bucket") {
  CHECK(RateLimit::parse("connection=1/1s")->take("x").space == "limit-connection");
  CHECK(RateLimit::parse("null=1/1s")->take("x").space == "limit-null");
  CHECK(RateLimit::parse("sender=1/1s")->take("x").space == "limit-sender");
  CHECK(RateLimit::parse("recipient=1/1s")->take("x").space == "limit-recipient");
  CHECK(RateLimit::parse("client=1/60m")->take("x").key == "1h x");
  CHECK(RateLimit::parse("client=1/61m")->take("x").key == "1h1m x");
}

TEST_CASE("the ledger takes the largest and the smallest there may be") {
  for (const char* text : {"client=100000/1s", "client=100000/7d", "client=1/7d", "client=1/1s"}) {
    INFO(text);
    FakeClock clock;
    const auto ledger = store::make_memory_ledger(clock, 10);
    const auto limit = RateLimit::parse(text);
    REQUIRE(limit);
    const auto answer = ledger->run(limit->take("x"));
    REQUIRE(answer);
    CHECK(answer->granted);
  }
}

TEST_CASE("what is no limit is told, and why") {
  for (const char* text : {"", "client", "client=50", "client 50/5m", "50/5m", "client/5m=50"})
    CHECK(error(text) == "'" + std::string(text) + "' is no limit such as 'client=50/5m'");
  CHECK(error("clients=50/5m") == "'clients' is none of connection, client, null, sender and recipient");
  CHECK(error("=50/5m") == "'' is none of connection, client, null, sender and recipient");
  for (const char* number : {"", "0", "-1", "+1", "1.5", "ten", " 1", "1 ", "100001", "99999999999999999999"})
    CHECK(error("client=" + std::string(number) + "/5m") ==
          "'" + std::string(number) + "' is no number from 1 to 100000");
  for (const char* period : {"0", "999ms", "169h", "8d"})
    CHECK(error("client=5/" + std::string(period)) == "'" + std::string(period) + "' is no period from 1s to 7d");
  for (const char* period : {"", "5", "m", "5m/2", "-5m", "5y"})
    CHECK_THAT(error("client=5/" + std::string(period)), Catch::Contains("is not a duration such as"));
}

TEST_CASE("of a list those of the client alone come first, and each is there once") {
  const auto limits =
      RateLimit::parse({"recipient=1/1m", "client=2/1h", "sender=1/1m", "client=1/1m", "connection=1/1m"});
  REQUIRE(limits);
  std::vector<std::string> texts;
  for (const RateLimit& limit : *limits) texts.push_back(limit.text());
  CHECK(texts ==
        std::vector<std::string>{"connection=1/1m", "client=2/1h", "client=1/1m", "sender=1/1m", "recipient=1/1m"});
  CHECK(RateLimit::parse(std::vector<std::string>())->empty());
  CHECK(error({"client=1/60s", "null=1/1m", "client=2/1m"}) ==
        "'client=2/1m' is of the same class and period as 'client=1/60s'");
  std::vector<std::string> many;
  for (std::size_t i = 1; i <= RateLimit::kMost; ++i) many.push_back("client=1/" + std::to_string(i) + "s");
  CHECK(error(many).empty());
  many.emplace_back("null=1/1s");
  CHECK(error(many) == "more than 10 limits");
}
