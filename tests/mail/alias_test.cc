/// alias_test: what goes into an alias comes out of it, for who has the key, and nothing else does.
#include "mail/alias.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/text.h"

namespace maildrop::mail {
namespace {

using Naming = InboxSettings::Naming;
using PlusTag = InboxSettings::PlusTag;

const std::string kFirst(64, '1'), kSecond(64, '2'), kThird(64, '3');
const Time kNow = from_millis(1'700'000'000'000);  // 2023-11-14 22:13:20
constexpr std::chrono::hours kDay{24};
constexpr std::string_view kSymbols = "abcdefghijklmnopqrstuvwxyz0123456789._-=";

InboxSettings policy(Naming naming = Naming::local, PlusTag plus_tag = PlusTag::strip, std::string keys = kFirst) {
  InboxSettings settings;
  settings.alias = true;
  settings.alias_key = std::move(keys);
  settings.naming = naming;
  settings.plus_tag = plus_tag;
  return settings;
}

Inbox named(const std::string& text, const InboxSettings& settings = policy()) {
  return Inbox::parse(text, settings).value();
}

Aliases aliases(const InboxSettings& settings = policy()) { return Aliases::make(settings).value(); }

std::string local_of(const Inbox& inbox) { return inbox.name().substr(0, inbox.name().find('@')); }

/// A legal canonical local part.
std::string random_local(std::mt19937& dice, std::string_view symbols, std::size_t size) {
  const auto any = [&] { return symbols[dice() % symbols.size()]; };
  std::string name;
  while (name.size() < size) {
    const char c = any();
    if (!name.empty() || (c != '.' && c != '-' && c != '+')) name += c;
  }
  return name;
}

Code code_of(const Result<Inbox>& result) { return result ? Code::internal : result.error().code; }

}  // namespace

TEST_CASE("alias: every legal name comes back, or is said to be too long") {
  std::mt19937 dice(1);
  for (const Naming naming : {Naming::local, Naming::full}) {
    for (const PlusTag plus_tag : {PlusTag::strip, PlusTag::keep}) {
      const InboxSettings settings = policy(naming, plus_tag);
      const Aliases all = aliases(settings);
      const bool plus = plus_tag == PlusTag::keep;
      for (std::size_t size = 1; size <= 64; ++size) {
        for (int i = 0; i < 60; ++i) {
          const bool with_plus = plus && size > 1 && i % 2 == 0;
          std::string local = random_local(dice, kSymbols, size);
          if (with_plus) local[1 + dice() % (size - 1)] = '+';
          const Inbox inbox = named(naming == Naming::full ? local + "@a.example" : local, settings);
          if (is_like_alias(inbox)) continue;
          const bool expires = i % 3 == 0;
          const std::size_t most = with_plus ? (expires ? 26 : 28) : (expires ? 40 : 43);
          const auto alias = all.make_alias(inbox, expires ? std::optional(kNow + 9 * kDay) : std::nullopt);
          INFO(inbox.name() << " expires " << expires);
          REQUIRE(alias.has_value() == (size <= most));
          if (!alias) {
            REQUIRE(alias.error().code == Code::over_limit);
            continue;
          }
          REQUIRE(local_of(*alias).size() <= 64);
          REQUIRE(is_like_alias(*alias));
          REQUIRE(Inbox::parse(alias->name(), settings).value() == *alias);  // it is a legal address, in its one form
          REQUIRE(all.destination(*alias, kNow).value() == inbox);
          REQUIRE(all.open(*alias)->expires.has_value() == expires);
        }
      }
    }
  }
}

TEST_CASE("alias: no two names are one, at the edges of the packing") {
  const InboxSettings settings = policy();
  const Aliases all = aliases(settings);
  std::vector<std::string> names;
  for (const char one : kSymbols) {
    if (one == '.' || one == '-') continue;
    names.emplace_back(1, one);
    for (const char other : kSymbols) names.push_back({one, other});
    for (const std::size_t size : {15, 16, 17, 28, 29, 30, 42, 43}) names.emplace_back(size, one);
  }
  for (const std::size_t size : {1, 4, 13, 14})  // two bytes each
    for (const char* letter : {"\xC3\xA9", "\xD0\xB1", "\xCE\xB1"}) {
      std::string name;
      while (name.size() < 2 * size) name += letter;
      names.push_back(name);
    }
  std::set<std::string> seen;
  for (const std::string& name : names) {
    INFO(name);
    const Inbox inbox = named(name);
    const auto alias = all.make_alias(inbox);
    REQUIRE(alias);
    CHECK(all.destination(*alias, kNow).value() == inbox);
    CHECK(seen.insert(alias->name()).second);
  }
  CHECK(code_of(all.make_alias(named(std::string(44, 'a')))) == Code::over_limit);
  CHECK(code_of(all.make_alias(named("a" + names.back()))) == Code::over_limit);  // 29 bytes
}

TEST_CASE("alias: its length tells one of three ranges, and no more") {
  const Aliases all = aliases();
  const auto size = [&](std::size_t name) { return all.make_alias(named(std::string(name, 'x')))->name().size(); };
  for (const std::size_t name : {1, 3, 16}) CHECK(size(name) == 34);
  for (const std::size_t name : {17, 29}) CHECK(size(name) == 49);
  for (const std::size_t name : {30, 43}) CHECK(size(name) == 63);
}

TEST_CASE("alias: with any one letter changed, lost or added it is refused") {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (const std::string name : {"bob", "a-longer.name_of=20x", "abcdefghijklmnopqrstuvwxyz0123456789._-"}) {
    const Aliases all = aliases();
    const std::string alias = all.make_alias(named(name))->name();
    for (std::size_t i = 2; i < alias.size(); ++i) {
      std::string other = alias;
      for (const char c : letters) {
        other[i] = c;
        INFO(other);
        if (other != alias) REQUIRE(code_of(all.destination(Inbox::trusted(other), kNow)) == Code::not_found);
      }
      REQUIRE(code_of(all.destination(Inbox::trusted(std::string(alias).erase(i, 1)), kNow)) == Code::not_found);
      REQUIRE(code_of(all.destination(Inbox::trusted(std::string(alias).insert(i, 1, 'q')), kNow)) == Code::not_found);
      if (i > 2 && alias[i] != alias[i - 1]) {
        other = alias;
        std::swap(other[i - 1], other[i]);
        REQUIRE(code_of(all.destination(Inbox::trusted(other), kNow)) == Code::not_found);
      }
    }
    CHECK(code_of(all.destination(Inbox::trusted(alias + "+tag"), kNow)) == Code::not_found);  // inbox.plus_tag = keep
  }
}

TEST_CASE("alias: letters drawn at random are none") {
  std::mt19937 dice(2);
  const Aliases all = aliases(policy(Naming::local, PlusTag::strip, kFirst + "\n" + kSecond));
  const std::string good = all.make_alias(named("bob"))->name();
  for (int i = 0; i < 20'000; ++i) {
    // With a key id that is known, or all would be refused for that alone.
    std::string bytes = *from_base32(good.substr(2));
    for (std::size_t at = 1 + dice() % 9; at < bytes.size(); ++at) bytes[at] = static_cast<char>(dice());
    CHECK_FALSE(all.open(Inbox::trusted("d-" + base32(bytes))));
  }
}

TEST_CASE("alias: names that are not like one are inboxes as ever") {
  const Aliases all = aliases();
  for (const std::string name : {"bob", "d", "d-", "d-bob", "d-0123456789abcdef", "d-12345678901234567890123456789",
                                 "d-key.with.dots.and.more.than.30.of", "x-123456789012345678901234567890",
                                 "d-1234567890-1234567890-1234567890", "d_123456789012345678901234567890"}) {
    INFO(name);
    CHECK_FALSE(is_like_alias(named(name)));
    CHECK(all.destination(named(name), kNow).value() == named(name));
    CHECK(destination(std::nullopt, named(name), kNow).value() == named(name));
  }
  const Inbox like = named("d-123456789012345678901234567890");
  CHECK(is_like_alias(like));
  CHECK(code_of(all.destination(like, kNow)) == Code::not_found);
  CHECK(code_of(all.make_alias(like)) == Code::invalid);
  CHECK(destination(std::nullopt, like, kNow).value() == like);  // aliases are off
}

TEST_CASE("alias: two of one name have the key's id in common and nothing else") {
  const Aliases all = aliases();
  std::set<std::string> seen;
  std::vector<std::set<char>> at(32);
  for (int i = 0; i < 400; ++i) {
    const std::string alias = all.make_alias(named("bob"))->name();
    CHECK(seen.insert(alias).second);
    for (std::size_t k = 0; k < at.size(); ++k) at[k].insert(alias[2 + k]);
  }
  CHECK(at[0].size() == 1);  // five bits of the id; the next letter has three
  CHECK(at[1].size() <= 4);
  for (std::size_t k = 2; k < at.size(); ++k) CHECK(at[k].size() >= 25);  // of 32, each letter by chance
}

TEST_CASE("alias: a new key makes new ones, an old one reads its own until it is taken out") {
  const Inbox bob = named("bob");
  const auto with = [](const std::string& keys) { return aliases(policy(Naming::local, PlusTag::strip, keys)); };
  const Inbox old = with(kFirst).make_alias(bob).value();
  const Aliases both = with(kSecond + "\n" + kFirst + "\n");
  CHECK(both.keys() == 2);
  const Inbox fresh = both.make_alias(bob).value();
  CHECK(both.open(old)->key == 1);
  CHECK(both.open(fresh)->key == 0);
  CHECK(both.open(fresh)->key_id != both.open(old)->key_id);
  CHECK(both.destination(old, kNow).value() == bob);
  const Aliases only_new = with(kSecond);
  CHECK(only_new.destination(fresh, kNow).value() == bob);
  CHECK(code_of(only_new.destination(old, kNow)) == Code::not_found);
  CHECK(code_of(with(kThird).destination(fresh, kNow)) == Code::not_found);
}

TEST_CASE("alias: keys of one id do not stand in each other's way") {
  std::vector<std::set<std::string>> by_id(256);
  std::string one, other;
  for (int i = 0; one.empty(); ++i) {
    const std::string key = to_hex(std::string(30, 'k') + static_cast<char>(i & 255) + static_cast<char>(i >> 8));
    const Aliases all = aliases(policy(Naming::local, PlusTag::strip, key));
    auto& same_id = by_id[all.open(all.make_alias(named("bob")).value())->key_id];
    if (!same_id.empty()) one = *same_id.begin(), other = key;
    same_id.insert(key);
  }
  const Inbox of_one = aliases(policy(Naming::local, PlusTag::strip, one)).make_alias(named("one")).value();
  const Inbox of_other = aliases(policy(Naming::local, PlusTag::strip, other)).make_alias(named("other")).value();
  const Aliases both = aliases(policy(Naming::local, PlusTag::strip, one + "\n" + other));
  CHECK(both.destination(of_one, kNow).value().name() == "one");
  CHECK(both.destination(of_other, kNow).value().name() == "other");
  CHECK(both.open(of_other)->key == 1);
}

TEST_CASE("alias: it lives as long as was asked for, and a day more at most") {
  FakeClock clock(kNow);
  const Aliases all = aliases();
  for (const Millis asked :
       {Millis(1), Millis(std::chrono::hours(1)), Millis(kDay), Millis(7 * kDay), Aliases::kLongest}) {
    const Inbox alias = all.make_alias(named("bob"), kNow + asked).value();
    const Time end = *all.open(alias)->expires;
    CHECK(end >= kNow + asked);
    CHECK(end < kNow + asked + kDay);
    CHECK(to_millis(end) % Millis(kDay).count() == 0);
    CHECK(all.destination(alias, end - Millis(1)));
    CHECK(code_of(all.destination(alias, end)) == Code::not_found);
  }
  const Inbox alias = all.make_alias(named("bob"), clock.now() + kDay).value();
  CHECK(all.destination(alias, clock.now()));
  clock.advance(2 * kDay);
  CHECK(code_of(all.destination(alias, clock.now())) == Code::not_found);
  CHECK(all.open(alias)->inbox.name() == "bob");  // who has the key sees of what it was
  for (const Time wrong : {Time{}, Time(-kDay), Time(65536 * kDay)})
    CHECK(code_of(all.make_alias(named("bob"), wrong)) == Code::invalid);
}

TEST_CASE("alias: of a whole address it is good at that domain alone") {
  const InboxSettings full = policy(Naming::full);
  const Aliases all = aliases(full);
  const Inbox alias = all.make_alias(named("bob@a.example", full)).value();
  CHECK(alias.name().ends_with("@a.example"));
  CHECK(all.destination(alias, kNow)->name() == "bob@a.example");
  CHECK(code_of(all.destination(named(local_of(alias) + "@b.example", full), kNow)) == Code::not_found);
  // Of a local part it is one at every domain, as the inbox is.
  const Inbox local = aliases().make_alias(named("bob")).value();
  CHECK(aliases().destination(named(local.name() + "@b.example"), kNow)->name() == "bob");
  // Neither becomes the other when the policy changes.
  CHECK(code_of(aliases().destination(Inbox::trusted(local_of(alias)), kNow)) == Code::not_found);
  CHECK(code_of(all.destination(named(local.name() + "@a.example", full), kNow)) == Code::not_found);
}

TEST_CASE("alias: its letters may come in capitals, in quotes and with a tag") {
  const InboxSettings settings = policy();
  const Aliases all = aliases(settings);
  const std::string alias = all.make_alias(named("bob"))->name();
  std::string shouted = alias;
  for (char& c : shouted) c = static_cast<char>(std::toupper(c));
  for (const std::string& spelling : {shouted, "\"" + alias + "\"", alias + "+shop", shouted + "@example.org"}) {
    INFO(spelling);
    CHECK(all.destination(named(spelling), kNow)->name() == "bob");
  }
}

TEST_CASE("alias: a name is read by the policy of today") {
  const InboxSettings keep = policy(Naming::local, PlusTag::keep);
  const Inbox alias = aliases(keep).make_alias(named("bob+x", keep)).value();
  CHECK(aliases(keep).destination(alias, kNow)->name() == "bob+x");
  CHECK(aliases(policy()).destination(alias, kNow)->name() == "bob");
}

TEST_CASE("alias: classic ones are read where there is a modifier, with a key or without") {
  const bool both = GENERATE(false, true);
  InboxSettings settings = policy();
  settings.alias = both;
  settings.classic_alias_modifier = "20190422";
  const Aliases all = aliases(settings);
  CHECK(all.has_classic());
  CHECK(all.keys() == (both ? 1 : 0));
  const Inbox bob = named("bob"), alias = named("d-c36c5");
  CHECK(all.make_classic_alias(bob).value() == alias);
  for (const char* spelling : {"d-c36c5", "D-C36C5", "\"d-c36c5\"", "d-c36c5+shop", "D-c36c5@example.org"}) {
    INFO(spelling);
    CHECK(all.destination(named(spelling, settings), kNow).value() == bob);
  }
  const Aliases::Opened opened = all.open(alias).value();
  CHECK(opened.classic);
  CHECK(opened.inbox == bob);
  CHECK_FALSE(opened.expires);
  // What does not decode is an inbox as ever, and no alias.
  for (const char* name : {"bob", "d", "d-", "d-bob", "d-plain-name", "d-c36c4"}) {
    INFO(name);
    CHECK(all.destination(named(name), kNow).value() == named(name));
    CHECK(all.open(named(name)).error().code == Code::not_found);
  }
  CHECK(code_of(all.make_classic_alias(named("john.doe"))) == Code::invalid);
  // A +tag that is kept makes it another name.
  CHECK(all.destination(Inbox::trusted("d-c36c5+x"), kNow)->name() == "d-c36c5+x");
  // Off, they are names.
  CHECK(aliases().destination(alias, kNow).value() == alias);
  CHECK(code_of(aliases().make_classic_alias(bob)) == Code::invalid);
}

TEST_CASE("alias: what is like a new one is never taken for a classic one, while there are new ones") {
  InboxSettings settings = policy();
  settings.classic_alias_modifier = "20190422";
  const Aliases both = aliases(settings);
  settings.alias = false;
  const Aliases classic = aliases(settings);
  for (const std::size_t size : {28, 29, 30, 61}) {
    const Inbox inbox = named(std::string(size, 'z'));
    INFO(inbox.name());
    const Inbox alias = classic.make_classic_alias(inbox).value();
    CHECK(classic.destination(alias, kNow).value() == inbox);
    const bool like = is_like_alias(alias);
    CHECK(like == (size > 28));
    CHECK(code_of(both.destination(alias, kNow)) == (like ? Code::not_found : Code::internal));
    CHECK(code_of(both.make_classic_alias(inbox)) == (like ? Code::over_limit : Code::internal));
  }
  const Inbox fresh = both.make_alias(named("bob")).value();
  CHECK(both.destination(fresh, kNow)->name() == "bob");
  CHECK_FALSE(both.open(fresh)->classic);
  // No new alias of a name at which mail never arrives; and none at all without a key.
  CHECK(code_of(both.make_alias(named("d-c36c5"))) == Code::invalid);
  CHECK(both.make_alias(named("d-c36c4")));
  CHECK(classic.make_alias(named("bob")).error().what == "aliases are off (inbox.alias)");
}

TEST_CASE("alias: a classic one is of a whole address at the domain it is written to, and of no domain") {
  InboxSettings full = policy(Naming::full);
  full.classic_alias_modifier = "20190422";
  const Aliases all = aliases(full);
  CHECK(all.make_classic_alias(named("bob@a.example", full))->name() == "d-c36c5@a.example");
  for (const char* domain : {"a.example", "b.example"})
    CHECK(all.destination(named(std::string("d-c36c5@") + domain, full), kNow)->name() == std::string("bob@") + domain);
  full.naming = Naming::domain;
  for (const bool both : {false, true}) {
    full.alias = both;
    CHECK_FALSE(Aliases::make(full));
  }
}

TEST_CASE("alias: none by a modifier that is none") {
  InboxSettings settings = policy();
  settings.classic_alias_modifier = "x";
  CHECK(Aliases::make(settings).error().what.find("modifier") != std::string::npos);
}

TEST_CASE("alias: none without a key, or where there is nothing to hide") {
  InboxSettings off = policy();
  off.alias = false;
  CHECK_FALSE(Aliases::make(off));
  const auto what = [](const InboxSettings& settings) { return Aliases::make(settings).error().what; };
  CHECK(what(policy(Naming::local, PlusTag::strip, "")) == "inbox.alias needs a key: set inbox.alias_key");
  CHECK(what(policy(Naming::local, PlusTag::strip, " \n\n")) == "inbox.alias needs a key: set inbox.alias_key");
  CHECK_FALSE(Aliases::make(policy(Naming::local, PlusTag::strip, "1234")));
  CHECK_FALSE(Aliases::make(policy(Naming::local, PlusTag::strip, std::string(64, 'g'))));
  CHECK(what(policy(Naming::domain)).find("hides nothing") != std::string::npos);
  CHECK(Aliases::make(policy(Naming::local, PlusTag::strip, "\n " + kFirst + "\r\n\n" + kSecond))->keys() == 2);
}

}  // namespace maildrop::mail
