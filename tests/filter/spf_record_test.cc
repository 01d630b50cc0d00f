/// spf_record_test.cc: policies that can be read, and such as cannot.
#include "filter/spf_record.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

namespace {

using Mechanism = SpfDirective::Mechanism;

SpfDirective directive(const std::string& term) {
  const auto record = SpfRecord::parse("v=spf1 " + term);
  INFO(term << (record ? "" : ": " + record.error().what));
  REQUIRE(record);
  REQUIRE(record->directives.size() == 1);
  return record->directives.front();
}

bool is_good(const std::string& terms) { return SpfRecord::parse("v=spf1 " + terms).has_value(); }

}  // namespace

TEST_CASE("spf record: what is a policy") {
  for (const char* text : {"v=spf1", "V=SPF1 ", "v=spf1 -all", "v=Spf1  bad things"}) CHECK(SpfRecord::is_one(text));
  for (const char* text :
       {"", "v=spf", "v=spf10 -all", "v=spf1-all", " v=spf1", "v=spf1\t-all", "v=spf2.0/pra", "spf1"})
    CHECK_FALSE(SpfRecord::is_one(text));
}

TEST_CASE("spf record: every mechanism") {
  CHECK(directive("all").mechanism == Mechanism::all);
  CHECK(directive("INCLUDE:example.com").mechanism == Mechanism::include);
  CHECK(directive("a").mechanism == Mechanism::a);
  CHECK_FALSE(directive("a").domain);
  CHECK(directive("mx:example.com").domain);
  CHECK(directive("ptr").mechanism == Mechanism::ptr);
  CHECK(directive("exists:%{i}.example.com").mechanism == Mechanism::exists);
  CHECK(directive("ip4:192.0.2.0/24").network == *IpAddress::parse("192.0.2.0"));
  CHECK(directive("ip6:2001:DB8::/32").bits6 == 32);
  CHECK(directive("ip6:2001:DB8::").mechanism == Mechanism::ip6);
}

TEST_CASE("spf record: what a match means") {
  CHECK(directive("all").qualifier == SpfResult::pass);
  CHECK(directive("+all").qualifier == SpfResult::pass);
  CHECK(directive("-all").qualifier == SpfResult::fail);
  CHECK(directive("~all").qualifier == SpfResult::softfail);
  CHECK(directive("?all").qualifier == SpfResult::neutral);
}

TEST_CASE("spf record: how much of an address counts") {
  const auto bits = [](const std::string& term) {
    const SpfDirective parsed = directive(term);
    return std::pair(parsed.bits4, parsed.bits6);
  };
  CHECK(bits("a") == std::pair(32U, 128U));
  CHECK(bits("a/24") == std::pair(24U, 128U));
  CHECK(bits("mx//64") == std::pair(32U, 64U));
  CHECK(bits("a:example.com/0//0") == std::pair(0U, 0U));
  CHECK(bits("mx:%{d}/8//48") == std::pair(8U, 48U));
  CHECK(bits("a:a/24.example.com") == std::pair(32U, 128U));
  CHECK(bits("ip4:192.0.2.1/32") == std::pair(32U, 128U));
  CHECK(bits("ip6:::1/128") == std::pair(32U, 128U));
}

TEST_CASE("spf record: modifiers in any place, unknown ones too") {
  const auto record = SpfRecord::parse("v=spf1 exp=e.example.com a x-y.z=%{d}/: Redirect=r.example.com mx op=");
  REQUIRE(record);
  CHECK(record->directives.size() == 2);
  CHECK(record->redirect);
  CHECK(record->explanation);
  CHECK_FALSE(SpfRecord::parse("v=spf1")->redirect);
}

TEST_CASE("spf record: an error anywhere is one of all") {
  for (const char* terms : {"moo",
                            "all:a.b",
                            "all/8",
                            "all.",
                            "-",
                            "--all",
                            "all-",
                            "include",
                            "include:",
                            "include:com",
                            "include:a.com/24",
                            "a:",
                            "a/",
                            "a//",
                            "a/33",
                            "a//129",
                            "a/024",
                            "a/1/2",
                            "a/24/64",
                            "a///64",
                            "a:/24",
                            "a:a.com/x",
                            "a.example.com",
                            "mx:a.123",
                            "ptr/24",
                            "ptr:",
                            "ip4",
                            "ip4:",
                            "ip4:1.2.3",
                            "ip4:1.2.3.4/",
                            "ip4:1.2.3.4/33",
                            "ip4:1.2.3.4//8",
                            "ip4:1.2.3.4:25",
                            "ip4:01.2.3.4",
                            "ip4:::1",
                            "ip4/24",
                            "ip4:%{i}",
                            "ip6:1.2.3.4",
                            "ip6:",
                            "ip6:::1/129",
                            "ip6::1::2",
                            "ip6:::1//64",
                            "exists",
                            "exists:",
                            "exists:a.com/8",
                            "exp=",
                            "redirect=",
                            "redirect=com",
                            "redirect:a.com",
                            "exp=a.com exp=a.com",
                            "redirect=a.com all redirect=b.com",
                            "1x=a",
                            "=a",
                            "-x=a",
                            "x=%a",
                            "a\tmx",
                            "a\r\n",
                            "\xc3\xbc=a",
                            "a:a.com\x80",
                            "exp"}) {
    INFO(terms);
    CHECK_FALSE(is_good(terms));
    CHECK_FALSE(is_good(std::string("+all ") + terms + " -all"));
  }
  CHECK_FALSE(SpfRecord::parse(std::string_view("v=spf1 all\0", 11)));
}

TEST_CASE("spf record: what is wrong is told in few words that are safe to show") {
  CHECK(SpfRecord::parse("v=spf1 +mx a:foo-bar -all").error().what == "cannot be read: a:foo-bar");
  CHECK(SpfRecord::parse("v=spf1 b\x1b\xc3\xbc").error().what == "cannot be read: b???");
  CHECK(SpfRecord::parse("v=spf1 " + std::string(1000, 'x')).error().what.size() < 100);
}

TEST_CASE("spf record: as long as may be") {
  std::string text = "v=spf1";
  while (text.size() + 13 <= SpfRecord::kLongest) text += " ip4:10.0.0.1";
  CHECK(SpfRecord::parse(text)->directives.size() == 629);
  text.resize(SpfRecord::kLongest, ' ');
  CHECK(SpfRecord::parse(text));
  CHECK(SpfRecord::parse(text + " ").error().what == "longer than 8192 bytes");
}
