/// routes_v3_names_test: names that are suggested, and aliases.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"
#include "mail/alias.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Query = std::map<std::string, std::string, std::less<>>;

Response ask(World& world, const std::string& method, std::vector<std::string> rest, Query query = {}) {
  rest.insert(rest.begin(), {"api", "v3", "mailboxes"});
  return dispatch(request(method, rest, {}, std::move(query)), world.context);
}

const std::string kKeyOfAliases(64, 'a');

/// Nothing, where there is no alias in it.
std::string alias_in(const Response& response) {
  const auto body = parse_json(response.body);
  return body && body->contains("alias") ? (*body)["alias"].get<std::string>() : std::string();
}

}  // namespace

TEST_CASE("v3: a name is suggested that is free, with its address") {
  World world;
  const auto suggest = [&] { return dispatch(request("GET", {"api", "v3", "suggestion"}), world.context); };
  world.config.mail.domains = {"example.test"};
  const auto first = parse_json(suggest().body), second = parse_json(suggest().body);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(text_at(*first, "address") == text_at(*first, "inbox") + "@example.test");
  CHECK(text_at(*first, "inbox") != text_at(*second, "inbox"));
  world.config.inbox.naming = InboxSettings::Naming::full;
  const auto full = parse_json(suggest().body);
  REQUIRE(full);
  CHECK(text_at(*full, "address") == text_at(*full, "inbox"));
  world.config.inbox.naming = InboxSettings::Naming::local;
  world.config.mail.domains = {"*"};
  world.config.smtp.hostname = "mx.example.test";
  CHECK(suggest().body.find("@mx.example.test\"") != std::string::npos);
}

TEST_CASE("v3: an alias of an inbox is new each time, and is not to be kept") {
  World world;
  world.config.inbox.alias = true;
  world.config.inbox.alias_key = kKeyOfAliases;
  const mail::Aliases aliases = mail::Aliases::make(world.config.inbox).value();
  const Response response = ask(world, "GET", {"Bob+shop", "alias"});
  CHECK(response.status == 200);
  CHECK(header(response, "Cache-Control") == "no-store");
  const std::string alias = alias_in(response);
  CHECK(response.body == "{\"inbox\":\"bob\",\"alias\":\"" + alias + "\",\"expires\":null}\n");
  CHECK(aliases.destination(mail::Inbox::trusted(alias), world.clock.now())->name() == "bob");
  CHECK(alias_in(ask(world, "GET", {"bob", "alias"})) != alias);
  CHECK(alias_in(ask(world, "HEAD", {"bob", "alias"})) != alias);
  CHECK(ask(world, "DELETE", {"bob", "alias"}).status == 404);  // no message has that id
  CHECK(ask(world, "POST", {"bob", "alias"}).status == 405);
  CHECK(header(ask(world, "OPTIONS", {"bob", "alias"}), "Allow") == "GET, HEAD, DELETE, OPTIONS");
  CHECK(world.store.calls() == 0);
}

TEST_CASE("v3: an alias expires as it was asked to") {
  World world;
  world.config.inbox.alias = true;
  world.config.inbox.alias_key = kKeyOfAliases;
  const mail::Aliases aliases = mail::Aliases::make(world.config.inbox).value();
  const Response response = ask(world, "GET", {"bob", "alias"}, {{"expires", "36h"}});
  CHECK_THAT(response.body, Catch::Contains("\"expires\":\"2023-11-17T00:00:00.000Z\""));
  const mail::Inbox alias = mail::Inbox::trusted(alias_in(response));
  world.clock.advance(std::chrono::hours(49));
  CHECK(aliases.destination(alias, world.clock.now()));
  world.clock.advance(std::chrono::hours(1));
  CHECK_FALSE(aliases.destination(alias, world.clock.now()));
  for (const char* wrong : {"", "7", "0s", "-1h", "soon", "3651d"}) {
    INFO(wrong);
    CHECK(ask(world, "GET", {"bob", "alias"}, {{"expires", wrong}}).status == 400);
  }
}

TEST_CASE("v3: no alias without aliases, or for a name that cannot have one") {
  World world;
  world.config.inbox.alias_key = kKeyOfAliases;
  const Response off = ask(world, "GET", {"bob", "alias"});
  CHECK(off.status == 404);
  CHECK_THAT(off.body, Catch::Contains("there are no aliases here"));
  world.config.inbox.alias = true;
  const std::string alias = alias_in(ask(world, "GET", {"bob", "alias"}));
  for (const std::string& name : {std::string(44, 'a'), alias, std::string("a b")})
    CHECK(ask(world, "GET", {name, "alias"}).status == 400);
  CHECK(ask(world, "GET", {"postmaster", "alias"}).status == 403);
  world.config.inbox.alias_key.clear();  // a daemon does not start so
  CHECK(ask(world, "GET", {"bob", "alias"}).status == 500);
}

TEST_CASE("v3: an inbox read by its alias is an empty one, as for any that is none") {
  World world;
  world.config.inbox.alias = true;
  world.config.inbox.alias_key = kKeyOfAliases;
  const std::string good = alias_in(ask(world, "GET", {"bob", "alias"}));
  std::string forged = good;
  forged.back() = forged.back() == '0' ? '1' : '0';
  const auto answer = [&](const std::string& name, std::vector<std::string> rest) {
    rest.insert(rest.begin(), name);
    const Response response = ask(world, "GET", rest);
    std::string body = response.body;
    if (const std::size_t at = body.find(name); at != std::string::npos) body.replace(at, name.size(), "NAME");
    return std::to_string(response.status) + body;
  };
  for (const std::vector<std::string>& rest :
       std::vector<std::vector<std::string>>{{}, {"latest"}, {kFirstId}, {kFirstId, "raw"}, {"alias"}}) {
    CHECK(answer(good, rest) == answer(forged, rest));
    CHECK(answer(good, rest).find("first") == std::string::npos);
  }
  CHECK(ask(world, "GET", {good}).body.find("\"messages\":[]") != std::string::npos);
}
