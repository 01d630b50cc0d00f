/// dmarc_record_test.cc: policies that can be read, those that can be read in part, and such as are none.
#include "filter/dmarc_record.h"

#include <catch2/catch.hpp>

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

DmarcRecord parsed(const std::string& tags) {
  const std::string text = "v=DMARC1; " + tags;
  INFO(text);
  REQUIRE(DmarcRecord::begins(text));
  const auto record = DmarcRecord::parse(text);
  REQUIRE(record);
  return *record;
}

bool is_none(const std::string& tags) { return !DmarcRecord::parse("v=DMARC1; " + tags); }

}  // namespace

TEST_CASE("dmarc record: what is a policy") {
  for (const char* text : {"v=DMARC1", "v=DMARC1;p=none", " v = DMARC1 ; p=none", "v=DMARC1;", "\tv=DMARC1\t;"})
    CHECK(DmarcRecord::begins(text));
  for (const char* text : {"", "v=dmarc1; p=none", "V=DMARC1; p=none", "v=DMARC10; p=none", "v=DMARC1 p=none",
                           "p=none; v=DMARC1", "v=spf1 -all", "DMARC1; p=none", ";v=DMARC1; p=none"})
    CHECK_FALSE(DmarcRecord::begins(text));
}

TEST_CASE("dmarc record: examples of RFC 7489 B.2") {
  CHECK(parsed("p=none; rua=mailto:dmarc-feedback@example.com").policy == DmarcPolicy::none);
  const DmarcRecord quarantine =
      parsed("p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net!10m; pct=25");
  CHECK(quarantine.policy == DmarcPolicy::quarantine);
  CHECK(quarantine.percent == 25);
}

TEST_CASE("dmarc record: all tags that count") {
  const DmarcRecord record =
      parsed("p=Reject; sp=QUARANTINE; np=none; aspf=s; adkim=S; pct=0; fo=1; ri=86400; rf=afrf");
  CHECK(record.policy == DmarcPolicy::reject);
  CHECK(record.subdomains == DmarcPolicy::quarantine);
  CHECK(record.nonexistent == DmarcPolicy::none);
  CHECK(record.strict_spf);
  CHECK(record.strict_dkim);
  CHECK(record.percent == 0);
  const DmarcRecord defaults = parsed("p=reject");
  CHECK_FALSE(defaults.subdomains);
  CHECK_FALSE(defaults.nonexistent);
  CHECK_FALSE(defaults.strict_spf);
  CHECK_FALSE(defaults.strict_dkim);
  CHECK(defaults.percent == 100);
}

TEST_CASE("dmarc record: what is wrong or unknown is passed over") {
  for (const char* tags :
       {"p=reject; aspf=x; adkim=; pct=101", "p=reject; pct=-1", "p=reject; pct=x; ; nonsense; =; a=b",
        "x=1;P=none;p=reject", "p=reject; p=none", "p \t=\t reject \t;", "p=reject;;;"}) {
    const DmarcRecord record = parsed(tags);
    CHECK(record.policy == DmarcPolicy::reject);
    CHECK(record.percent == 100);
    CHECK_FALSE(record.strict_spf);
    CHECK_FALSE(record.strict_dkim);
  }
}

TEST_CASE("dmarc record: who only wants reports says none") {
  for (const char* wrong : {"", "p=monitor; ", "p=reject; sp=x; ", "p=reject; np=; "}) {
    CHECK(is_none(wrong));
    CHECK(is_none(std::string(wrong) + "rua="));
    CHECK(is_none(std::string(wrong) + "rua=a@example.com, :x, 1:x, mailto:"));
    CHECK(parsed(std::string(wrong) + "rua=x, mailto:a@example.com!10m").policy == DmarcPolicy::none);
  }
}

TEST_CASE("dmarc record: bounds") {
  std::string tags;
  for (std::size_t i = 2; i < DmarcRecord::kMostTags; ++i) tags += "a=b;";
  CHECK(parsed(tags + "p=reject").policy == DmarcPolicy::reject);
  CHECK(is_none(tags + "a=b;p=reject"));
  CHECK(is_none("p=reject;" + std::string(DmarcRecord::kLongest, ' ')));
}

TEST_CASE("dmarc record: several of a name") {
  const dns::Record other{.text = "v=spf1 -all"}, one{.text = "v=DMARC1; p=reject"}, bad{.text = "v=DMARC1; p=x"};
  CHECK(dmarc_answer(found({other, one})).record);
  CHECK_FALSE(dmarc_answer(found({other})).ends);
  CHECK_FALSE(dmarc_answer(no_answer(dns::Status::no_name)).ends);
  CHECK(dmarc_answer(found({bad})).ends);
  CHECK_FALSE(dmarc_answer(found({bad})).record);
  for (const auto& two : {std::vector{one, bad}, {bad, one}, {one, one, one}}) {
    CHECK(dmarc_answer(found(two)).ends);
    CHECK_FALSE(dmarc_answer(found(two)).record);
  }
}
