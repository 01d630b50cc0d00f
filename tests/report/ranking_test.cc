/// ranking_test.cc: decisions are read, count less with time, and make an order.
#include "report/ranking.h"

#include <catch2/catch.hpp>

#include "report/decision.h"

using namespace maildrop;
using namespace maildrop::report;
using Kind = Sighting::Kind;
using namespace std::chrono_literals;

namespace {

const Time kNow{1'700'000'000'000ms};

Sighting seen(Kind kind, Millis ago = 0ms) { return {kind, kNow - ago, {}, {}}; }

Kind kind_of(const std::string& members) {
  const auto sighting =
      Sighting::parse(R"({"schema":"maildrop.decision/1","time":"2023-11-14T22:13:20.000Z")" + members + "}");
  REQUIRE(sighting);
  return sighting->kind;
}

}  // namespace

TEST_CASE("what was written is read again") {
  Decision decision;
  decision.time = kNow;
  decision.result = Decision::Result::stored;
  decision.client = "192.0.2.1";
  decision.hosts = {"One.example", "..",    "a b",       "=cmd",      "-x",        "2001:db8::1", "x\ny",
                    "com",         "co.uk", "x.invalid", "localhost", "127.0.0.1", "10.1.2.3"};
  const auto sighting = Sighting::parse(to_json(decision, Pseudonyms("k")));
  REQUIRE(sighting);
  CHECK(sighting->kind == Kind::good);
  CHECK(sighting->time == kNow);
  CHECK(sighting->client->to_string() == "192.0.2.1");
  CHECK(sighting->hosts == std::vector<std::string>{"one.example", "2001:db8::1"});
  decision.mark = store::Mark::tag;
  decision.evidence = true;
  CHECK(Sighting::parse(to_json(decision, Pseudonyms("k")))->kind == Kind::bad);
  decision.client = "local";
  CHECK_FALSE(Sighting::parse(to_json(decision, Pseudonyms("k")))->client);
}

TEST_CASE("a decision is bad where what was seen is enough for it, and says nothing where it is not") {
  CHECK(kind_of(R"(,"result":"stored")") == Kind::good);
  CHECK(kind_of(R"(,"result":"stored","mark":"tag","evidence":true)") == Kind::bad);
  CHECK(kind_of(R"(,"result":"stored","mark":"tag")") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"discarded","evidence":true)") == Kind::bad);
  CHECK(kind_of(R"(,"result":"discarded")") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"refused","evidence":true)") == Kind::bad);
  CHECK(kind_of(R"(,"result":"refused","why":"dnsbl: listed")") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"refused","evidence":1)") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"deferred","evidence":true)") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"refused","reason":"no_such_inbox")") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"refused","why":"size: too large","mark":"tag")") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"deferred","why":"greylist: new","mark":"tag")") == Kind::nothing);
  CHECK(kind_of(R"(,"result":"refused","reason":"relaying","mark":"tag")") == Kind::nothing);
  CHECK(kind_of(R"(,"hosts":[1,null,{}],"client":7)") == Kind::nothing);
}

TEST_CASE("what is no decision is said to be none") {
  for (const char* line : {"", "{", "[]", "7", "{}", R"({"schema":"maildrop.decision/1"})",
                           R"({"schema":"maildrop.decision/1","time":"yesterday"})",
                           R"({"schema":"other","time":"2023-11-14T22:13:20.000Z"})", "\xff"})
    CHECK(Sighting::parse(line).error().code == Code::corrupt);
}

TEST_CASE("a decision counts half after each half-life, and what comes from the future counts once") {
  Ranking ranking({kNow, 1h});
  ranking.add("a", seen(Kind::bad));
  ranking.add("a", seen(Kind::bad, 1h));
  ranking.add("a", seen(Kind::bad, 2h));
  ranking.add("a", seen(Kind::good, 1h));
  ranking.add("a", seen(Kind::nothing));
  ranking.add("b", seen(Kind::bad, -10h));
  const auto rows = ranking.worst({});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].key == "a");
  CHECK(rows[0].bad == Approx(1.75));
  CHECK(rows[0].good == Approx(0.5));
  CHECK(rows[0].decisions == 4);
  CHECK(rows[0].first == kNow - 2h);
  CHECK(rows[0].last == kNow);
  CHECK(rows[1].bad == Approx(1));
}

TEST_CASE("only those are named who are bad enough, and not for the most part good") {
  Ranking ranking({kNow, 24h});
  for (int i = 0; i < 10; ++i) ranking.add("bad", seen(Kind::bad));
  for (int i = 0; i < 9; ++i) ranking.add("mixed", seen(Kind::bad));
  for (int i = 0; i < 9; ++i) ranking.add("mixed", seen(Kind::good));
  ranking.add("once", seen(Kind::bad));
  ranking.add("good", seen(Kind::good));
  CHECK(ranking.worst({}).size() == 3);
  CHECK(ranking.worst({.threshold = 5}).size() == 2);
  CHECK(ranking.worst({.threshold = 5, .share = 0.9}).size() == 1);
  CHECK(ranking.worst({.most = 1}).front().key == "bad");
}

TEST_CASE("however many there are, only so many are remembered, and the worst of them") {
  Ranking ranking({kNow, 24h, 100});
  for (int i = 0; i < 50; ++i) ranking.add("worst", seen(Kind::bad));
  for (int i = 0; i < 100'000; ++i) ranking.add(std::to_string(i), seen(Kind::bad));
  const auto rows = ranking.worst({});
  CHECK(rows.size() <= 100);
  CHECK(rows.front().key == "worst");
  CHECK(rows.front().decisions == 50);
}
