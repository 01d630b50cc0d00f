/// address_test.cc: paths of RFC 5321 4.1.2, good and bad.
#include "mail/address.h"

#include <catch2/catch.hpp>
#include <string>

#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

struct Good {
  std::string text;
  std::string local;
  std::string domain;
  std::string written;  // Address::to_string()
};

const std::string kL64(64, 'l');
const std::string kLabel63(63, 'd');
const std::string kDomain255 = kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + kLabel63;

TEST_CASE("a legal path gives local part, domain and length") {
  const Good cases[] = {
      {"<bob@example.org>", "bob", "example.org", "bob@example.org"},
      {"<Bob@EXAMPLE.Org>", "Bob", "example.org", "Bob@example.org"},
      {"<a.b.c+d@x>", "a.b.c+d", "x", "a.b.c+d@x"},
      {"<!#$%&'*+-/=?^_`{|}~@x>", "!#$%&'*+-/=?^_`{|}~", "x", "!#$%&'*+-/=?^_`{|}~@x"},
      {"<user%relay@x>", "user%relay", "x", "user%relay@x"},
      {"<-rf@x>", "-rf", "x", "-rf@x"},
      {"<bob@a_b.example.org>", "bob", "a_b.example.org", "bob@a_b.example.org"},
      {"<bob@_dmarc.example.org>", "bob", "_dmarc.example.org", "bob@_dmarc.example.org"},
      {"<bob@1.2.3.4>", "bob", "1.2.3.4", "bob@1.2.3.4"},
      {"<\"bob\"@x>", "bob", "x", "bob@x"},
      {"<\"b o b\"@x>", "b o b", "x", "\"b o b\"@x"},
      {"<\"a@b\"@x>", "a@b", "x", "\"a@b\"@x"},
      {"<\"a>b\"@x>", "a>b", "x", "\"a>b\"@x"},
      {"<\"a\\\"\\\\b\"@x>", "a\"\\b", "x", "\"a\\\"\\\\b\"@x"},
      {"<\"\\b\\o\\b\"@x>", "bob", "x", "bob@x"},
      {"<\".a..b.\"@x>", ".a..b.", "x", "\".a..b.\"@x"},
      {"<bob@[192.0.2.1]>", "bob", "[192.0.2.1]", "bob@[192.0.2.1]"},
      {"<bob@[ipv6:2001:DB8:0::1]>", "bob", "[IPv6:2001:db8::1]", "bob@[IPv6:2001:db8::1]"},
      {"<bob@[IPv6:::ffff:192.0.2.1]>", "bob", "[IPv6:::ffff:192.0.2.1]", "bob@[IPv6:::ffff:192.0.2.1]"},
      {"<@a.example,@b.example:bob@x>", "bob", "x", "bob@x"},
      {"<@[192.0.2.1]:bob@x>", "bob", "x", "bob@x"},
      {"<b\xC3\xA9@x>", "b\xC3\xA9", "x", "b\xC3\xA9@x"},
      {"<bob@M\xC3\xBCnchen.Example>", "bob", "xn--mnchen-3ya.example", "bob@xn--mnchen-3ya.example"},
      {"<bob@Mu\xCC\x88nchen.example>", "bob", "xn--mnchen-3ya.example", "bob@xn--mnchen-3ya.example"},
      {"<bob@XN--MNCHEN-3YA.example>", "bob", "xn--mnchen-3ya.example", "bob@xn--mnchen-3ya.example"},
      {"<bob@stra\xC3\x9F"
       "e.example>",
       "bob", "xn--strae-oqa.example", "bob@xn--strae-oqa.example"},
      {"<" + kL64 + "@x>", kL64, "x", kL64 + "@x"},
      {"<\"" + kL64 + "\"@x>", kL64, "x", kL64 + "@x"},
      {"<a@" + kDomain255 + ">", "a", kDomain255, "a@" + kDomain255},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto path = parse_path(c.text + " SIZE=1>", {});
    REQUIRE(path);
    CHECK(path->length == c.text.size());
    CHECK(path->address.local == c.local);
    CHECK(path->address.domain == c.domain);
    CHECK(path->address.to_string() == c.written);
  }
}

TEST_CASE("an illegal path is refused, whatever the options") {
  const std::string cases[] = {
      "",
      "<",
      ">",
      "bob@x",
      " <bob@x>",
      "<bob@x",
      "<bob@x >",
      "< bob@x>",
      "<bob>",
      "<@x>",
      "<bob@>",
      "<\"\"@x>",
      "<a@b@c>",
      "<bob@x.>",
      "<bob@.x>",
      "<bob@a..b>",
      "<bob@-a.b>",
      "<bob@a-.b>",
      "<bob@a!b>",
      "<bob@a%b>",
      "<bob@a/b>",
      "<.bob@x>",
      "<bob.@x>",
      "<b..b@x>",
      "<b b@x>",
      "<b,b@x>",
      "<b(c)@x>",
      "<b\\b@x>",
      "<b\"o\"b@x>",
      "<\"bob@x>",
      "<\"bob\\",
      "<\"bob\\\"@x>",
      "<\"bob\"x@x>",
      "<bob@[192.0.2.256]>",
      "<bob@[192.0.2]>",
      "<bob@[2001:db8::1]>",
      "<bob@[IPv6:192.0.2.1]>",
      "<bob@[IPv6:]>",
      "<bob@[]>",
      "<bob@[192.0.2.1>",
      "<bob@[tag:content]>",
      "<bob@[192.0.2.1]x>",
      "<@a,bob@x>",
      "<@a:@b:bob@x>",
      "<@a,:bob@x>",
      "<@:bob@x>",
      "<a:bob@x>",
      "<bob@x\r\n>",
      "<b\rob@x>",
      "<b\x01ob@x>",
      "<b\x7Fob@x>",
      "<\"b\tb\"@x>",
      "<\"b\\\x01\"@x>",
      std::string("<b\0b@x>", 7),
      std::string("<\"b\0b\"@x>", 9),
      std::string("<bob@\xC3\xA9\0x>", 10),
      "<b\xFF@x>",
      "<b\xC0\xAF@x>",
      "<b\xED\xA0\x80@x>",
      "<b\xC3@x>",
      "<\"b\xFF\"@x>",
      "<\"\\\xC3\xA9\"@x>",
      "<b\xC2\x85@x>",
      "<bob@\xFF>",
      "<bob@x\xC2\x85y>",
      "<bob@\xF0\x9F\x98\x80.example>",
      "<bob@xn--.example>",
      "<bob@xn--a\xC3\xA9.example>",
      "<bob@xn--999999999.example>",
      "<bob@a\xEF\xBC\xA0"
      "b>",
      "<bob@a\xEF\xBC\x9E"
      "b>",
      "<bob@a\xE2\x80\xAE"
      "b>",
      "<" + std::string(65, 'l') + "@x>",
      "<\"" + std::string(65, 'l') + "\"@x>",
      "<a@" + std::string(64, 'd') + ">",
      "<a@" + kDomain255 + ".d>",
      "<" + repeat("@a,", 200) + "@a:bob@x>",
      "<" + std::string(100000, 'a'),
      "<\"" + std::string(100000, '\\'),
      "<bob@" + repeat("\xC3\xA9", 200) + ">",
  };
  for (const auto& text : cases) {
    INFO(text);
    const auto path = parse_path(text, {.allow_null = true, .allow_postmaster = true});
    REQUIRE_FALSE(path);
    CHECK(path.error().code == Code::invalid);
  }
}

TEST_CASE("the null path and postmaster are legal where they are asked for") {
  CHECK(parse_path("<>", {.allow_null = true})->address.is_null());
  CHECK(parse_path("<> BODY=8BITMIME", {.allow_null = true})->length == 2);
  CHECK(parse_path("<>", {.allow_null = true})->address.to_string().empty());
  CHECK_FALSE(parse_path("<>", {}));
  for (const std::string text : {"<postmaster>", "<PostMaster>"}) {
    const auto path = parse_path(text, {.allow_postmaster = true});
    REQUIRE(path);
    CHECK(path->address.local == text.substr(1, 10));
    CHECK(path->address.domain.empty());
    CHECK_FALSE(path->address.is_null());
    CHECK(path->address.to_string() == text.substr(1, 10));
    CHECK_FALSE(parse_path(text, {}));
  }
  CHECK_FALSE(parse_path("<postmasters>", {.allow_postmaster = true}));
  CHECK(parse_path("<postmaster@x>", {.allow_postmaster = true})->address.domain == "x");
}

TEST_CASE("an address knows whether it was written with bytes beyond ASCII") {
  for (const std::string text : {"<b\xC3\xA9@x>", "<bob@m\xC3\xBCnchen.example>", "<\"b \xC3\xA9\"@x>"}) {
    INFO(text);
    const auto path = parse_path(text, {});
    REQUIRE(path);
    CHECK(path->address.utf8);
  }
  CHECK_FALSE(parse_path("<bob@xn--mnchen-3ya.example>", {})->address.utf8);
  CHECK_FALSE(parse_path("<bob@x> \xC3\xA9", {})->address.utf8);  // not of the path
}

TEST_CASE("an address as a person types it ends where the text ends") {
  CHECK(parse_address("bob@Example.org")->domain == "example.org");
  CHECK(parse_address("\"b b\"@m\xC3\xBCnchen.example")->utf8);
  for (const std::string text : {"", "bob", "<bob@x>", "bob@x ", "bob@x,", "@a:bob@x", "bob@x\n", "bob@x>"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("a path that is written reads back") {
  for (const std::string text : {"<bob@x>", "<\"b \\\"\\\\ b\"@x>", "<b\xC3\xA9@[IPv6:2001:db8::1]>", "<\".\"@x>"}) {
    const auto first = parse_path(text, {});
    REQUIRE(first);
    const auto second = parse_path("<" + first->address.to_string() + ">", {});
    REQUIRE(second);
    CHECK(second->address == first->address);
  }
}

TEST_CASE("a domain has one canonical form") {
  struct {
    std::string text, want;
  } const cases[] = {
      {"Example.ORG", "example.org"},
      {"example.org.", "example.org"},
      {"m\xC3\xBCnchen.de", "xn--mnchen-3ya.de"},
      {"M\xC3\x9CNCHEN.de", "xn--mnchen-3ya.de"},
      {"[192.0.2.1]", "[192.0.2.1]"},
      {"[IPV6:2001:DB8::1]", "[IPv6:2001:db8::1]"},
      {"\xEF\xBD\x85xample.org", "example.org"},
      {"localhost", "localhost"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    REQUIRE(canonical_domain(c.text));
    CHECK(*canonical_domain(c.text) == c.want);
    CHECK(*canonical_domain(*canonical_domain(c.text)) == c.want);
  }
  for (const std::string text : {"", ".", "..", "a..", "a b", "*", "[", "[]", "[x]", "a@b", "-a", "a/b", "a\n"}) {
    INFO(text);
    CHECK_FALSE(canonical_domain(text));
  }
}

}  // namespace
}  // namespace maildrop::mail
