/// dmarc_check_test.cc: whose policy it is, how close names must be, and what comes of it.
#include "filter/dmarc_check.h"

#include <catch2/catch.hpp>
#include <map>

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

struct Fixture {
  std::map<std::string, dns::Answer> answers;  // `TXT name`
  DmarcEvidence evidence{};
  std::vector<std::string> asked{};

  void put(const std::string& domain, const std::string& record) { answers["TXT _dmarc." + domain] = text(record); }
  void fail(const std::string& question) { answers[question] = no_answer(dns::Status::failed); }

  DmarcOutcome check(const std::string& author) {
    static const dns::Answer kNoName = no_answer(dns::Status::no_name);
    const auto outcome = dmarc_check(author, evidence, [&](std::string_view name, dns::Type type) {
      asked.push_back(std::string(dns::name_of(type)) + " " + std::string(name));
      const auto known = answers.find(asked.back());
      return known == answers.end() ? &kNoName : &known->second;
    });
    REQUIRE(outcome);
    return *outcome;
  }
  /// `fail reject`.
  std::string result(const std::string& author) {
    const DmarcOutcome outcome = check(author);
    return std::string(name_of(outcome.result)) + " " + std::string(name_of(outcome.policy));
  }
};

Fixture with(const std::string& record) {
  Fixture fixture;
  fixture.put("example.com", record);
  return fixture;
}

/// Of SPF's domain alone, then of a signature's alone.
std::string by_spf(Fixture fixture, const std::string& domain, const std::string& author) {
  fixture.evidence.spf.passing = {domain};
  return fixture.result(author);
}
std::string by_dkim(Fixture fixture, const std::string& domain, const std::string& author) {
  fixture.evidence.dkim.passing = {"list.example.org", domain};
  return fixture.result(author);
}

}  // namespace

TEST_CASE("dmarc check: examples of RFC 7489 B.1") {
  const Fixture relaxed = with("v=DMARC1; p=reject");
  CHECK(by_spf(relaxed, "example.com", "example.com") == "pass reject");
  CHECK(by_spf(relaxed, "child.example.com", "example.com") == "pass reject");
  CHECK(by_spf(relaxed, "example.net", "child.example.com") == "fail reject");
  CHECK(by_dkim(relaxed, "example.com", "example.com") == "pass reject");
  CHECK(by_dkim(relaxed, "example.com", "child.example.com") == "pass reject");
  CHECK(by_dkim(relaxed, "sample.net", "child.example.com") == "fail reject");
}

TEST_CASE("dmarc check: strict is the same name, for each way by itself") {
  const Fixture spf = with("v=DMARC1; p=reject; aspf=s"), dkim = with("v=DMARC1; p=reject; adkim=s");
  CHECK(by_spf(spf, "a.example.com", "example.com") == "fail reject");
  CHECK(by_spf(spf, "example.com", "a.example.com") == "fail reject");
  CHECK(by_spf(spf, "a.example.com", "a.example.com") == "pass reject");
  CHECK(by_dkim(spf, "a.example.com", "example.com") == "pass reject");
  CHECK(by_dkim(dkim, "a.example.com", "example.com") == "fail reject");
  CHECK(by_dkim(dkim, "example.com", "example.com") == "pass reject");
  CHECK(by_spf(dkim, "a.example.com", "example.com") == "pass reject");
}

TEST_CASE("dmarc check: strangers below one suffix are not one") {
  Fixture fixture;
  fixture.put("a.github.io", "v=DMARC1; p=reject");
  fixture.put("github.io", "v=DMARC1; p=reject");
  CHECK(by_spf(fixture, "b.github.io", "a.github.io") == "fail reject");
  CHECK(by_spf(fixture, "b.github.io", "github.io") == "fail reject");
  CHECK(by_spf(fixture, "github.io", "a.github.io") == "fail reject");
  CHECK(by_spf(fixture, "github.io", "github.io") == "pass reject");
}

TEST_CASE("dmarc check: whose policy it is") {
  Fixture fixture = with("v=DMARC1; p=reject; sp=quarantine");
  CHECK(fixture.result("example.com") == "fail reject");
  CHECK(fixture.asked == std::vector<std::string>{"TXT _dmarc.example.com"});
  CHECK(fixture.result("a.b.example.com") == "fail quarantine");
  fixture.put("a.example.com", "v=DMARC1; p=none; sp=reject");
  CHECK(fixture.result("a.example.com") == "fail none");
  CHECK(fixture.result("b.a.example.com") == "fail quarantine");
  CHECK(fixture.result("example.net") == "none none");
  CHECK(with("v=DMARC1; p=reject").result("a.example.com") == "fail reject");
}

TEST_CASE("dmarc check: a record of no use is not replaced by the organisation's") {
  Fixture fixture = with("v=DMARC1; p=reject");
  fixture.put("a.example.com", "v=DMARC1; p=x");
  fixture.answers["TXT _dmarc.b.example.com"] = found({{.text = "v=DMARC1; p=none"}, {.text = "v=DMARC1; p=none"}});
  fixture.put("c.example.com", "v=DMARC2; p=none");
  CHECK(fixture.result("a.example.com") == "none none");
  CHECK(fixture.result("b.example.com") == "none none");
  CHECK(fixture.result("c.example.com") == "fail reject");
}

TEST_CASE("dmarc check: subdomains that are not there (RFC 9091)") {
  Fixture fixture = with("v=DMARC1; p=none; np=reject");
  CHECK(fixture.result("a.example.com") == "fail reject");
  CHECK(fixture.asked.size() == 5);
  fixture.answers["MX b.example.com"] = found({{.text = "mx.example.com"}});
  CHECK(fixture.result("b.example.com") == "fail none");
  fixture.fail("AAAA c.example.com");
  CHECK(fixture.result("c.example.com") == "fail none");
  fixture.asked.clear();
  fixture.evidence.spf.passing = {"example.com"};
  CHECK(fixture.result("a.example.com") == "pass none");
  CHECK(fixture.asked.size() == 2);  // it makes no difference
}

TEST_CASE("dmarc check: what the DNS does not say") {
  Fixture fixture = with("v=DMARC1; p=reject");
  fixture.fail("TXT _dmarc.a.example.com");
  CHECK(fixture.check("a.example.com").reason == "no answer for the policy of a.example.com: failed");
  fixture.fail("TXT _dmarc.example.com");
  CHECK(fixture.result("b.example.com") == "temperror none");
  fixture.put("b.example.com", "v=DMARC1; p=none");
  CHECK(fixture.result("b.example.com") == "fail none");
}

TEST_CASE("dmarc check: what SPF or DKIM cannot tell counts where it matters") {
  Fixture fixture = with("v=DMARC1; p=reject");
  fixture.evidence.dkim.unknown = {"example.net"};
  CHECK(fixture.result("example.com") == "fail reject");
  fixture.evidence.dkim.unknown = {"a.example.com"};
  CHECK(fixture.check("example.com").reason == "DKIM cannot tell for example.com");
  CHECK_FALSE(fixture.check("example.com").lacks_evidence);
  fixture.evidence.spf.passing = {"example.com"};
  CHECK(fixture.result("example.com") == "pass reject");
  fixture.evidence = {};
  fixture.evidence.spf.whole = false;
  CHECK(fixture.check("example.com").lacks_evidence);
  fixture.evidence.dkim.passing = {"example.com"};
  CHECK(fixture.result("example.com") == "pass reject");
  CHECK(fixture.result("example.net") == "none none");
}

TEST_CASE("dmarc check: what is not among pct has the next weaker policy") {
  const auto applied = [](DmarcPolicy policy, unsigned percent, unsigned chance) {
    return DmarcOutcome{.policy = policy, .percent = percent}.applied(chance);
  };
  CHECK(applied(DmarcPolicy::reject, 25, 24) == DmarcPolicy::reject);
  CHECK(applied(DmarcPolicy::reject, 25, 25) == DmarcPolicy::quarantine);
  CHECK(applied(DmarcPolicy::quarantine, 25, 25) == DmarcPolicy::none);
  CHECK(applied(DmarcPolicy::none, 0, 0) == DmarcPolicy::none);
  CHECK(applied(DmarcPolicy::reject, 0, 0) == DmarcPolicy::quarantine);
  CHECK(applied(DmarcPolicy::reject, 100, 99) == DmarcPolicy::reject);
}

TEST_CASE("dmarc check: both policies are asked for at once") {
  std::vector<std::string> asked;
  const auto outcome = dmarc_check("a.example.com", {}, [&](std::string_view name, dns::Type) -> const dns::Answer* {
    asked.emplace_back(name);
    return nullptr;
  });
  CHECK_FALSE(outcome);
  CHECK(asked == std::vector<std::string>{"_dmarc.a.example.com", "_dmarc.example.com"});
}
