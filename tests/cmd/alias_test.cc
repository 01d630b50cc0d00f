/// alias_test.cc: maildrop alias, run as main() runs it.
#include "mail/alias.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "core/text.h"
#include "run_words.h"

namespace maildrop::cmd {
namespace {

using Catch::Contains;
using Words = std::vector<std::string>;

const std::string kKey(64, 'a'), kOtherKey(64, 'b');

/// With aliases on.
test::Ran alias(Words words, const Words& sets = {"inbox.alias_key=" + kKey}) {
  words.insert(words.begin(), {"alias", "--set", "inbox.alias=true"});
  for (const std::string& set : sets) words.insert(words.end(), {"--set", set});
  return test::run_words(words);
}

std::string made(const Words& words, const Words& sets = {"inbox.alias_key=" + kKey}) {
  const test::Ran outcome = alias(words, sets);
  REQUIRE(outcome.status == 0);
  REQUIRE(outcome.out.ends_with("\n"));
  return outcome.out.substr(0, outcome.out.size() - 1);
}

}  // namespace

TEST_CASE("alias: one is made, and explained by who has the key") {
  const std::string bob = made({"Bob+shop"});
  CHECK(bob.starts_with("d-"));
  CHECK(bob.size() == 34);
  CHECK(made({"bob"}) != bob);
  test::Ran outcome = alias({"--explain", bob});
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains("inbox    bob\nkey      1 of 1, id ") && Contains(", which makes new ones\n") &&
                              Contains("expires  never\n"));
  CHECK(alias({"--explain", bob + "@example.org"}).status == 0);
  outcome = alias({"--explain", bob}, {"inbox.alias_key=" + kOtherKey + "\n" + kKey});
  CHECK_THAT(outcome.out, Contains("key      2 of 2, id ") && !Contains("which makes"));
  outcome = alias({"--explain", bob}, {"inbox.alias_key=" + kOtherKey});
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("its key is none of ours"));
  CHECK(outcome.err.find("bob") == std::string::npos);
  std::string forged = bob;
  forged.back() = forged.back() == '0' ? '1' : '0';
  CHECK_THAT(alias({"--explain", forged}).err, Contains("mistyped or forged"));
  CHECK_THAT(alias({"--explain", "bob"}).err, Contains("does not look like an alias"));
}

TEST_CASE("alias: it tells when one expires, or has") {
  const std::string week = made({"bob", "--expires", "7d"});
  CHECK_THAT(alias({"--explain", week}).out, Contains("expires  ") && Contains(", in 7d\n"));
  const mail::Aliases aliases = [] {
    InboxSettings settings;
    settings.alias = true;
    settings.alias_key = kKey;
    return mail::Aliases::make(settings).value();
  }();
  const std::string old = aliases.make_alias(mail::Inbox::trusted("bob"), from_millis(1'700'000'000'000))->name();
  const test::Ran outcome = alias({"--explain", old});
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.out,
             Contains("inbox    bob\n") && Contains("expired  2023-11-15T00:00:00.000Z, ") && Contains(" ago\n"));
  for (const char* wrong : {"soon", "0s", "4000d", "7"}) CHECK(alias({"bob", "--expires", wrong}).status == 64);
  CHECK(alias({"--explain", week, "--expires", "7d"}).status == 64);
}

TEST_CASE("alias: programs read it as JSON") {
  auto json = nlohmann::json::parse(alias({"bob", "--json", "--expires=1d"}).out);
  CHECK(json["schema"] == "maildrop.alias/1");
  CHECK(json["inbox"] == "bob");
  CHECK(json["expires"].get<std::string>().ends_with("T00:00:00.000Z"));
  json = nlohmann::json::parse(alias({"--json", "--explain", json["alias"].get<std::string>()}).out);
  CHECK(json["inbox"] == "bob");
  CHECK(json["key"] == 1);
  CHECK(json["expired"] == false);
  json = nlohmann::json::parse(alias({"bob", "--json"}).out);
  CHECK(json["expires"].is_null());
}

TEST_CASE("alias: of a whole address, and of an operator's own names") {
  const Words full = {"inbox.alias_key=" + kKey, "inbox.naming=full"};
  CHECK_THAT(made({"bob@example.org"}, full), Catch::EndsWith("@example.org"));
  CHECK(alias({"bob"}, full).status == 67);
  CHECK(made({"postmaster"}).starts_with("d-"));
}

TEST_CASE("alias: classic ones are printed and explained, with a key or without") {
  const std::string modifier = "inbox.classic_alias_modifier=20190422";
  for (const Words& sets : {Words{"inbox.alias=false", modifier}, Words{"inbox.alias_key=" + kKey, modifier}}) {
    CHECK(made({"--classic", "Bob+shop"}, sets) == "d-c36c5");
    CHECK(alias({"--explain", "D-c36c5"}, sets).out ==
          "inbox    bob\nkey      none: a classic one, by inbox.classic_alias_modifier\nexpires  never\n");
    auto json = nlohmann::json::parse(alias({"--classic", "bob", "--json"}, sets).out);
    CHECK((json["alias"] == "d-c36c5" && json["classic"] == true && json["expires"].is_null()));
    json = nlohmann::json::parse(alias({"--explain", "d-c36c5", "--json"}, sets).out);
    CHECK((json["inbox"] == "bob" && json["classic"] == true && json["key"].is_null() && json["key_id"].is_null()));
    CHECK(json["expired"] == false);
    CHECK(alias({"--explain", "d-bob"}, sets).status == 1);
    test::Ran outcome = alias({"--classic", "john.doe"}, sets);
    CHECK(outcome.status == 67);
    CHECK_THAT(outcome.err, Contains("no alias for 'john.doe': classic aliases are of names of a-z 0-9"));
    for (const Words& wrong : {Words{"--explain", "d-c36c5"}, Words{"bob", "--expires", "7d"}}) {
      Words words = wrong;
      words.emplace_back("--classic");
      CHECK(alias(words, sets).status == 64);
    }
  }
  CHECK_THAT(alias({"--classic", std::string(29, 'z')}, {"inbox.alias_key=" + kKey, modifier}).err,
             Contains("too long for a classic alias while inbox.alias is on"));
  CHECK_THAT(alias({"bob"}, {"inbox.alias=false", modifier}).err, Contains("aliases are off (inbox.alias)"));
  CHECK_THAT(made({"bob", "--json"}), Contains("\"classic\":false"));
  for (const Words& sets : {Words{"inbox.alias=false"}, Words{"inbox.alias_key=" + kKey}}) {
    const test::Ran outcome = alias({"--classic", "bob"}, sets);
    CHECK(outcome.status == 78);
    CHECK_THAT(outcome.err, Contains("classic aliases are off (inbox.classic_alias_modifier)"));
  }
}

TEST_CASE("alias: none where they are off, have no key, hide nothing, or the name is too long") {
  for (const Words& sets : {Words{}, Words{"inbox.alias=false", "inbox.alias_key=" + kKey},
                            Words{"inbox.naming=domain", "inbox.alias_key=" + kKey}, Words{"inbox.alias_key=short"}}) {
    const test::Ran outcome = alias({"bob"}, sets);
    CHECK(outcome.status == 78);
    CHECK_THAT(outcome.err, Contains("inbox.alias"));
  }
  CHECK(alias({std::string(44, 'a')}).status == 67);
  CHECK(alias({"a b"}).status == 67);
  CHECK(alias({}).status == 64);
}

}  // namespace maildrop::cmd
