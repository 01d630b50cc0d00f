/// spf_macro_test.cc: the examples of RFC 7208 7.4, the grammar, and what a stranger makes of it.
#include "filter/spf_macro.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

namespace {

using Kind = SpfMacroString::Kind;

SpfMacroValues values_of(std::string_view address) {
  SpfMacroValues values;
  values.local = "strong-bad";
  values.sender = values.domain = "email.example.com";
  values.helo = "mx.example.org";
  values.address = *IpAddress::parse(address);
  values.receiver = "maildrop.example";
  values.time = 1234567890;
  return values;
}

std::string domain(std::string_view text, const SpfMacroValues& values = values_of("192.0.2.3")) {
  const auto parsed = SpfMacroString::parse(text, Kind::domain);
  return parsed ? parsed->domain(values) : "error: " + parsed.error().what;
}

std::string explanation(std::string_view text, const SpfMacroValues& values = values_of("192.0.2.3"),
                        std::size_t max = 100) {
  const auto parsed = SpfMacroString::parse(text, Kind::explanation);
  return parsed ? parsed->explanation(values, max) : "error: " + parsed.error().what;
}

bool is_good(std::string_view text, Kind kind) { return SpfMacroString::parse(text, kind).has_value(); }

}  // namespace

TEST_CASE("spf macros: the examples of RFC 7208 7.4") {
  const std::pair<std::string_view, std::string_view> kExamples[] = {
      {"%{s}", "strong-bad@email.example.com"},
      {"%{o}", "email.example.com"},
      {"%{d}", "email.example.com"},
      {"%{d4}", "email.example.com"},
      {"%{d3}", "email.example.com"},
      {"%{d2}", "example.com"},
      {"%{d1}", "com"},
      {"%{dr}", "com.example.email"},
      {"%{d2r}", "example.email"},
      {"%{l}", "strong-bad"},
      {"%{l-}", "strong.bad"},
      {"%{lr}", "strong-bad"},
      {"%{lr-}", "bad.strong"},
      {"%{l1r-}", "strong"},
      {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
      {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
      {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
      {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
      {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
  };
  for (const auto& [text, wanted] : kExamples) {
    INFO(text);
    CHECK(domain(text) == wanted);
  }
  CHECK(domain("%{ir}.%{v}._spf.%{d2}", values_of("2001:db8::cb01")) ==
        "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com");
}

TEST_CASE("spf macros: every letter, and capitals for URLs") {
  SpfMacroValues values = values_of("2001:db8::1");
  CHECK(explanation("%{h} %{p} %{c} %{r} %{t}", values) ==
        "mx.example.org unknown 2001:db8::1 maildrop.example 1234567890");
  values.name = "host.example.org";
  CHECK(domain("%{p}", values) == "host.example.org");
  values.local = "a b/c~d%";
  CHECK(explanation("%{S}", values) == "a%20b%2Fc~d%25%40email.example.com");
  values.local = "\xc3\xbc";
  CHECK(explanation("%{L}", values) == "%C3%BC");
  CHECK(explanation("%%%_%-", values) == "% %20");
  CHECK(SpfMacroString::parse("a.%{p}", Kind::domain)->needs_name());
  CHECK(SpfMacroString::parse("a.%{P}", Kind::domain)->needs_name());
  CHECK_FALSE(SpfMacroString::parse("p.%{d}", Kind::domain)->needs_name());
}

TEST_CASE("spf macros: delimiters and empty parts") {
  SpfMacroValues values = values_of("192.0.2.3");
  values.local = "a+b=c_d/e,f-g";
  CHECK(domain("%{l+=_/,-}", values) == "a.b.c.d.e.f.g");
  CHECK(domain("%{l3r+=}", values) == "c_d/e,f-g.b.a");
  values.local = "+a++b+";
  CHECK(domain("%{l+}.x", values) == ".a..b..x");
  CHECK(domain("%{l2+}x.com", values) == "b.x.com");
  values.local = "";
  CHECK(domain("%{l}.com", values) == ".com");
  CHECK(domain("%{d127}") == "email.example.com");
  CHECK(domain("%{d99999999999999999999}") == "email.example.com");
}

TEST_CASE("spf macros: what is a domain") {
  for (const char* text :
       {"example.com", "example.com.", "a.b-c", "a.1a", "%{d}", "x%{d}", "x.%%", "x%_", "x%-", "a:b/c.example",
        "_spf.%{d2}", "%{d}.com", ".com", "x%{d}.c0m.", "a..com", "%{D2R.-}", "\"a\".com"}) {
    INFO(text);
    CHECK(is_good(text, Kind::domain));
  }
  for (const char* text :
       {"",        "com",     "com.",          ".",         "a.",       "a..",     "a.123", "a.-b", "a.b-",
        "a.b_c",   "%{d}com", "%{d}.",         "%",         "%a",       "%{",      "%{}",   "%{d",  "%{x}",
        "%{1}",    "%{d0}",   "%{d00r}",       "%{dr2}",    "%{d;}",    "%{dr-r}", "%{c}",  "%{r}", "%{t}",
        "a b.com", "a.com\t", "b\xc3\xbc.com", "a.com\x7f", "a.c%{d}m", "%(d)"}) {
    INFO(text);
    CHECK_FALSE(is_good(text, Kind::domain));
  }
  CHECK_FALSE(is_good(std::string_view("a.com\0", 6), Kind::domain));
}

TEST_CASE("spf macros: what is a value, and an explanation") {
  CHECK(is_good("", Kind::any));
  CHECK(is_good("%{c}=/:", Kind::any));
  CHECK_FALSE(is_good("a b", Kind::any));
  CHECK_FALSE(is_good("%q", Kind::any));
  CHECK(explanation("See http://%{d}/why?s=%{S}&ip=%{C} ") ==
        "See http://email.example.com/why?s=strong-bad%40email.example.com&ip=192.0.2.3 ");
  CHECK_FALSE(is_good("\xc3\xbc", Kind::explanation));
  CHECK_FALSE(is_good("a\r\n250 fine", Kind::explanation));
}

TEST_CASE("spf macros: of a long name the labels at its end") {
  SpfMacroValues values = values_of("192.0.2.3");
  const std::string label(60, 'a');
  values.domain = label + "." + label + "." + label + "." + label;  // 243 bytes
  CHECK(domain("12345.789.%{d}", values) == "12345.789." + values.domain);
  CHECK(domain("x.12345.789.%{d}", values) == "12345.789." + values.domain);
  CHECK(domain("123456.789.%{d}", values) == "789." + values.domain);
  CHECK(domain("12.%{d}.com.", values) == "12." + values.domain + ".com");
  CHECK(domain("example.com.") == "example.com");
  values.domain = std::string(254, 'a');
  CHECK(domain("%{d}", values).empty());
  CHECK(domain("%{d}.com", values) == "com");
}

TEST_CASE("spf macros: a long name is cut as if it had been whole") {
  std::string text, whole;
  for (int i = 0; i < 300; ++i) {
    text += i % 7 == 0 ? "%{l}" : "%{o}";
    whole += i % 7 == 0 ? "strong-bad" : "email.example.com";
    std::string wanted = whole;
    while (wanted.size() > 253) wanted = wanted.substr(wanted.find('.') + 1);
    REQUIRE(domain(text) == wanted);
  }
}

TEST_CASE("spf macros: a hostile text takes no room") {
  SpfMacroValues values = values_of("192.0.2.3");
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "%{s}";
  CHECK(domain(text + ".example.com", values).size() <= 253);
  CHECK(domain(text + ".example.com", values).ends_with(".example.com"));
  CHECK(explanation(text, values).size() == 100);
  values.helo = "a\r\nb\x1b\xc3\xbc";
  CHECK(explanation("%{h}", values) == "a??b???");
}
