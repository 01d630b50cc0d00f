/// routes_original_test: golden answers of the service of 2013.
#include <catch2/catch.hpp>

#include "api/kit.h"
#include "api/route.h"
#include "mail/inbox.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

Response ask(World& world, const std::string& method, const std::string& name, const std::string& id = {}) {
  std::vector<std::string> path = {"api", "inbox", name};
  if (!id.empty()) path.push_back(id);
  return dispatch(request(method, path), world.context);
}

}  // namespace

TEST_CASE("original: an inbox, newest first") {
  World world;
  const Response response = ask(world, "GET", "bob");
  CHECK(response.status == 200);
  CHECK(response.body == R"([{"id":"00000000000000000000000002","sender":"Alice <alice@example.org>",)"
                         R"("subject":"second","date":"Nov 14 2023 10:13 PM"},)"
                         R"({"id":"00000000000000000000000001","sender":"Alice <alice@example.org>",)"
                         R"("subject":"first","date":"Nov 14 2023 10:13 PM"}])"
                         "\n");
  CHECK(ask(world, "GET", "nobody").body == "[]\n");
}

TEST_CASE("original: dates have twelve hours, twice") {
  World world;
  const auto shown = [&world](std::int64_t millis) {
    store::Message each = message(kFirstId, "x", "\r\n");
    each.summary.received = from_millis(millis);
    World fresh;
    fresh.store.add("eve", each);
    const std::string body = ask(fresh, "GET", "eve").body;
    const std::size_t at = body.find("\"date\":\"") + 8;
    return body.substr(at, body.find('"', at) - at);
  };
  CHECK(shown(1'704'067'200'000) == "Jan 1 2024 12:00 AM");
  CHECK(shown(1'704'110'400'000) == "Jan 1 2024 12:00 PM");
  CHECK(shown(1'704'106'799'999) == "Jan 1 2024 10:59 AM");
}

TEST_CASE("original: one message with its source") {
  World world;
  const Response response = ask(world, "GET", "bob", kFirstId);
  CHECK(response.body == R"({"id":"00000000000000000000000001","sender":"Alice <alice@example.org>",)"
                         R"("recipient":"Bob+shop","subject":"first","date":1700000000123,)"
                         R"("body":"Subject: first\r\nFrom: Alice <alice@example.org>\r\n\r\nhello\r\n"})"
                         "\n");
  CHECK(ask(world, "GET", "bob", kSecondId).body.find("\xef\xbf\xbd") != std::string::npos);
  for (const std::string& id : {kUnknownId, std::string("1"), std::string("latest")}) {
    const Response none = ask(world, "GET", "bob", id);
    CHECK(none.status == 404);
    CHECK(none.body == "{}\n");
  }
}

TEST_CASE("original: deleting takes exactly that one, or none") {
  World world;
  for (const std::string& id : {kUnknownId, std::string("-1"), std::string("latest")}) {
    const Response none = ask(world, "DELETE", "bob", id);
    CHECK(none.status == 404);
    CHECK(none.body == "{}\n");
  }
  CHECK(world.store.count("bob") == 2);
  CHECK(ask(world, "DELETE", "bob", kFirstId).body == "{\"deleted\":\"" + kFirstId + "\"}\n");
  CHECK(ask(world, "GET", "bob", kFirstId).status == 404);
  CHECK(ask(world, "GET", "bob", kSecondId).status == 200);
}

TEST_CASE("original: a suggestion is a legal name, and what was blocked a number") {
  World world;
  const std::string body = dispatch(request("GET", {"api", "suggestion"}), world.context).body;
  REQUIRE(body.starts_with("{\"suggestion\":\""));
  CHECK(mail::Inbox::parse(body.substr(15, body.size() - 18), world.config.inbox));
  world.statistics.count("refused", 7);
  CHECK(dispatch(request("GET", {"api", "blocked"}), world.context).body == "{\"blocked\":7}\n");
  world.clock.advance(StatisticsReader::kFresh);
  world.statistics.failure = Error{Code::unavailable, "disk gone"};
  CHECK(dispatch(request("GET", {"api", "blocked"}), world.context).status == 503);
}

TEST_CASE("original: a name that cannot be, and a store that is down") {
  World world;
  CHECK(ask(world, "GET", "a b").body == "{\"error\":\"not a legal inbox name\"}\n");
  world.store.failure = Error{Code::unavailable, "disk gone"};
  for (const std::string method : {"GET", "DELETE"}) {
    const Response response = ask(world, method, "bob", kFirstId);
    CHECK(response.status == 503);
    CHECK(response.why == "disk gone");
  }
  CHECK(ask(world, "GET", "bob").status == 503);
}
