/// public_suffix_test.cc: what names have been registered, and what is no such name.
#include "filter/public_suffix.h"

#include <catch2/catch.hpp>

using namespace maildrop::filter;

TEST_CASE("a suffix and one label more") {
  CHECK(organisational_domain("example.com") == "example.com");
  CHECK(organisational_domain("a.b.c.example.com") == "example.com");
  CHECK(organisational_domain("a.example.co.uk") == "example.co.uk");
  CHECK(organisational_domain("a.b.example.unknown-tld") == "example.unknown-tld");
  CHECK(organisational_domain("_dmarc.example.com") == "example.com");
}

TEST_CASE("rules with stars and their exceptions") {
  CHECK(organisational_domain("a.b.c.kobe.jp") == "b.c.kobe.jp");
  CHECK(organisational_domain("a.city.kobe.jp") == "city.kobe.jp");
  CHECK(organisational_domain("c.kobe.jp").empty());
}

TEST_CASE("those below a hoster's suffix are strangers") {
  CHECK(organisational_domain("a.b.github.io") == "b.github.io");
  CHECK(organisational_domain("github.io").empty());
  CHECK_FALSE(is_same_organisation("a.github.io", "b.github.io"));
}

TEST_CASE("a name in any form") {
  CHECK(organisational_domain("Mail.EXAMPLE.Co.UK.") == "example.co.uk");
  CHECK(organisational_domain("www.b\xC3\xBC"
                              "cher.example") == "xn--bcher-kva.example");
  CHECK(organisational_domain("a.\xE5\x85\xAC\xE5\x8F\xB8.cn") == "a.xn--55qx5d.cn");  // a suffix with two labels
  CHECK(organisational_domain("a.xn--55qx5d.cn") == "a.xn--55qx5d.cn");
  CHECK(organisational_domain("xn--55qx5d.cn").empty());
}

TEST_CASE("what nobody has registered") {
  for (const char* name : {"", ".", "com", "COM.", "co.uk", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]",
                           "192.0.2.1", "1.2", "a..com", ".com", "-.com", "a b.com", "a@b.com", "\xFF.com"})
    CHECK(organisational_domain(name).empty());
  CHECK(organisational_domain(std::string_view("a\0.com", 6)).empty());
  std::string longest = "com";
  while (longest.size() < 250) longest = "a." + longest;
  CHECK(organisational_domain(longest) == "a.com");
  CHECK(organisational_domain(longest + std::string(100, '.')).empty());
  CHECK(organisational_domain(std::string(1'000'000, 'a')).empty());
}

TEST_CASE("one organisation") {
  CHECK(is_same_organisation("a.example.com", "b.example.com"));
  CHECK(is_same_organisation("example.com", "b.example.com"));
  CHECK(is_same_organisation("co.uk", "co.uk"));
  CHECK_FALSE(is_same_organisation("a.co.uk", "b.co.uk"));
  CHECK_FALSE(is_same_organisation("co.uk", "uk"));
  CHECK_FALSE(is_same_organisation("", "localhost"));
}
