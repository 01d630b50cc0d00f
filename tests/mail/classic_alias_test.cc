/// classic_alias_test: the old service's aliases as it made them, and nothing else taken for one.
#include "mail/classic_alias.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "core/config.h"

using namespace maildrop;
using mail::ClassicAliases;

namespace {

constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
const std::string kModifier = "20190422";

ClassicAliases by(std::string_view modifier = kModifier) { return ClassicAliases::make(modifier).value(); }

std::string random_name(std::mt19937& dice, std::size_t size) {
  std::string name(1, kLetters[1 + dice() % 35]);
  while (name.size() < size) name += kLetters[dice() % 36];
  return name;
}

Code code_of(const Result<std::string>& result) { return result ? Code::internal : result.error().code; }

}  // namespace

// Reckoned by Python, where D is "0123456789abcdefghijklmnopqrstuvwxyz":
//   def base36(n): return (base36(n // 36) if n >= 36 else "") + D[n % 36]
//   "d-" + base36(int("1" + str(int(NAME, 36))[::-1]) + MODIFIER)
TEST_CASE("classic alias: it is what the old service made of a name") {
  struct Row {
    std::string modifier, name, alias;
  };
  const std::string nines(kMostClassicModifier, '9'), z61(61, 'z');
  const Row rows[] = {
      {kModifier, "bob", "d-c36c5"},  // 15131, 113151, 20303573
      {kModifier, "1", "d-c0r1d"},
      {kModifier, "a", "d-c0r3v"},    // 10, 101: the 1 keeps the zero
      {kModifier, "10", "d-c0r5l"},   // 36
      {kModifier, "100", "d-c1433"},  // 1296
      {kModifier, "johndoe", "d-1wuwkevq"},
      {kModifier, "postmaster", "d-39gcanggmuc"},
      {kModifier, "thequickbrownfox1234567890", "d-3ge3khfq64jr1emlbgl9y5j5xsu"},
      {kModifier, z61, "d-1s475qrt0hxytrdyqfcm7wlognuxgovrdpxz5kb2dwpn1fuig6gtfoaiak1sik"},
      {kModifier, "1" + std::string(61, '0'), "d-1wawuko84bjy8oibnxoyy6jm0tg8cf9fthq8p9dyxdjn1623516nvskvqzmv8c"},
      {"0", "bob", "d-2fb3"},
      {"0", "1", "d-b"},
      {"0", "100", "d-d21"},
      {"7", "bob", "d-2fba"},
      {"007", "bob", "d-2fba"},
      {nines, "1", "d-bmncz21ym92dg03x2ybczm97zj6859zvt6iipo2e2rbz8t1h1bskrwtdnajjm2"},
      {nines, z61, "d-derk4strmr0c9rhvtdnz7iuwg715lyvn6wghv8dggo1ma8vzhi9e7l3vxikl39"},
  };
  for (const Row& row : rows) {
    INFO(row.modifier << " " << row.name);
    CHECK(by(row.modifier).encode(row.name).value() == row.alias);
    CHECK(by(row.modifier).decode(row.alias).value() == row.name);
  }
}

TEST_CASE("classic alias: every name that may have one comes back") {
  std::mt19937 dice(1);
  const std::string nines(kMostClassicModifier, '9');
  for (const std::string& modifier : {std::string("0"), kModifier, nines}) {
    const ClassicAliases all = by(modifier);
    for (std::size_t size = 1; size <= 61; ++size) {
      for (int i = 0; i < 20; ++i) {
        const std::string name = random_name(dice, size);
        INFO(modifier << " " << name);
        const auto alias = all.encode(name);
        REQUIRE(alias);
        REQUIRE(alias->size() <= 64);
        REQUIRE(all.decode(*alias) == name);
      }
    }
  }
}

TEST_CASE("classic alias: what decodes is what would be made, so each name has one alias") {
  std::mt19937 dice(2);
  const ClassicAliases all = by();
  int decoded = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string alias = "d-";
    for (auto size = 1 + dice() % 62; size > 0; --size) alias += kLetters[dice() % 36];
    const auto name = all.decode(alias);
    INFO(alias);
    if (name) REQUIRE(all.encode(*name) == alias);
    if (!name) REQUIRE(name.error().code == Code::not_found);
    decoded += name ? 1 : 0;
  }
  // About one in four of all lengths together; of each it is another part (maildrop-alias(1)).
  CHECK(decoded > 1000);
  CHECK(decoded < 1700);
}

TEST_CASE("classic alias: names that would not come back have none") {
  const ClassicAliases all = by();
  for (const std::string name : {"", "0", "0bob", "007", "john.doe", "john-doe", "a_b", "bob+x", "a=b", "Bob",
                                 "bob@a.b", "\xC3\xA9", "bob ", "-bob", "d-c36c5"}) {
    INFO(name);
    CHECK(code_of(all.encode(name)) == Code::invalid);
  }
  CHECK(code_of(all.encode(std::string("bo\0b", 4))) == Code::invalid);
}

TEST_CASE("classic alias: as long as a local part may be, and no longer") {
  const ClassicAliases all = by();
  CHECK(all.encode(std::string(61, 'z'))->size() == 64);
  CHECK(all.encode("1" + std::string(61, '0'))->size() == 64);
  for (const std::size_t size : {62, 63, 64, 100'000})
    CHECK(code_of(all.encode(std::string(size, 'z'))) == Code::over_limit);
  CHECK(code_of(all.decode("d-" + std::string(62, 'z'))) == Code::not_found);  // begins with another digit
  // As Python reckons it of y and 61 z: right, and too long to be written to.
  CHECK(code_of(all.decode("d-6bot762b5ln3ljqxc4nkskece1g286d7mfx1wyodzu1nezbchr3m3jutyn5pcpt")) == Code::not_found);
  CHECK(code_of(all.decode("d-1" + std::string(100'000, '0'))) == Code::not_found);
}

TEST_CASE("classic alias: nothing else is taken for one") {
  const ClassicAliases all = by();
  for (const std::string text :
       {"", "d", "d-", "bob", "d-bob", "c36c5", "e-c36c5", "d_c36c5", "D-c36c5", "d-C36C5", "d-0c36c5", "d-c36c5+x",
        "d-c36c5@a.b", "d-c36.c5", "d-c36-c5", " d-c36c5", "d-c36c5 ", "d--c36c5", "d-\xC3\xA9", "d-0", "d-1",
        // What is left without the modifier:
        "d-c0r11",     // -1
        "d-c0r12",     // 0
        "d-c0r13",     // 1, and no digit of a name
        "d-c0r1c",     // 10: a name whose number is 0
        "d-c0r6z",     // 213
        "d-c36c4"}) {  // 113150: a number that begins with 0
    INFO(text);
    CHECK(code_of(all.decode(text)) == Code::not_found);
  }
}

TEST_CASE("classic alias: another modifier gives another name, or none") {
  const std::string alias = by().encode("bob").value();
  int names = 0;
  for (unsigned modifier = 20190000; modifier < 20191000; ++modifier) {
    const auto name = by(std::to_string(modifier)).decode(alias);
    if (std::to_string(modifier) != kModifier) CHECK(name != std::string("bob"));
    if (name) ++names;
  }
  CHECK(names == 900);  // those whose last digit is none of a number's first
  CHECK_FALSE(by("30000000").decode(alias));
}

TEST_CASE("classic alias: a modifier is a decimal number of bounded length") {
  for (const std::string right : {"0", "1", "20190422", "0000"}) CHECK(ClassicAliases::make(right));
  CHECK(ClassicAliases::make(std::string(kMostClassicModifier, '9')));
  for (const std::string wrong : {"", "-1", "+1", " 1", "1 ", "1.5", "0x1f", "1e3", "12a", "1\n"}) {
    INFO(wrong);
    REQUIRE_FALSE(ClassicAliases::make(wrong));
    CHECK(ClassicAliases::make(wrong).error().code == Code::invalid);
  }
  CHECK_FALSE(ClassicAliases::make(std::string(kMostClassicModifier + 1, '1')));
}
