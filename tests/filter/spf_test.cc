/// spf_test.cc: what clients and later filters hear. What is found is in tests/filter/samples/spf-*.
#include "filter/filters.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

struct Fixture {
  FakeClock clock;
  TableWorld world{clock};
  Config config;
  std::optional<Case> session;
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@example.com", {});

  Fixture() {
    config.filter.spf.mode = FilterUse::Mode::enforce;
    config.filter.decide_at = FilterSettings::DecideAt::phase;
    config.smtp.hostname = "maildrop.example";
    policy("example.com", "v=spf1 exp=why.%{d} -all");
    world.put("why.example.com", dns::Type::txt, text("%{i} is not ours, says %{d} to %{r} at %{t}"));
  }
  void policy(std::string_view domain, std::string_view record) { world.put(domain, dns::Type::txt, text(record)); }

  Verdict judge(Phase phase) {
    if (!session) {
      std::vector<FilterKind> kinds;
      for (const FilterKind& kind : filter_kinds())
        if (kind.name == "spf") kinds.push_back(kind);
      session.emplace(*Chain::make(config, kinds), clock);
    }
    return world.judge(*session, phase, transaction);
  }
  bool was_asked(const std::string& question) const {
    return std::find(world.asked.begin(), world.asked.end(), question) != world.asked.end();
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "spf: with enforce a fail is refused, and the domain's words are marked as such") {
  judge(Phase::helo);
  const Verdict verdict = judge(Phase::mail);
  CHECK(verdict.action == Action::reject);
  CHECK(verdict.reply ==
        "550 5.7.23 SPF MAIL FROM check failed: the domain example.com explains: "
        "192.0.2.1 is not ours, says example.com to maildrop.example at 1700000000");
  CHECK(verdict.reason == "spf: fail for example.com: -all");
  CHECK(*session->told("spf") == "fail");
  CHECK(*session->told("spf_domain") == "example.com");
  CHECK(*session->told("spf_helo") == "none");
}

TEST_CASE_METHOD(Fixture, "spf: so is one as HELO") {
  transaction.helo = "Example.com";
  const Verdict verdict = judge(Phase::helo);
  CHECK(verdict.action == Action::reject);
  CHECK_THAT(verdict.reply, Catch::StartsWith("550 5.7.23 SPF HELO check failed: the domain example.com explains: "));
  CHECK(verdict.score == 4);
}

TEST_CASE_METHOD(Fixture, "spf: nothing else is refused") {
  for (const char* record : {"v=spf1 ~all", "v=spf1 ?all", "v=spf1 what", "v=spf1", "v=spf1 all", "none"}) {
    INFO(record);
    policy("example.com", record);
    session.reset();
    judge(Phase::helo);
    CHECK(judge(Phase::mail).action == Action::pass);
  }
}

TEST_CASE_METHOD(Fixture, "spf: what nobody hears is not looked up") {
  config.filter.spf.mode = FilterUse::Mode::score;
  judge(Phase::helo);
  CHECK(judge(Phase::mail).action == Action::pass);
  CHECK_FALSE(was_asked("TXT why.example.com"));
}

TEST_CASE_METHOD(Fixture, "spf: no words are made of what a domain may not say") {
  const std::string hostile[] = {"\xc3\xbc", "a\r\n250 fine", "%{x}", "\x1b[2J", ""};
  for (const std::string& words : hostile) {
    world.put("why.example.com", dns::Type::txt, text(words));
    session.reset();
    judge(Phase::helo);
    CHECK(judge(Phase::mail).reply == "550 5.7.23 SPF MAIL FROM check failed");
  }
  world.put("why.example.com", dns::Type::txt, text(std::string(2000, 'x')));
  session.reset();
  judge(Phase::helo);
  CHECK(judge(Phase::mail).reply.size() < 300);
}

TEST_CASE_METHOD(Fixture, "spf: a domain counts once, two domains twice") {
  config.filter.spf.mode = FilterUse::Mode::score;
  policy("mail.example.com", "v=spf1 -all");
  judge(Phase::helo);
  CHECK(judge(Phase::mail).score == 8);
  session.reset();
  transaction.helo = "EXAMPLE.com";
  judge(Phase::helo);
  CHECK(judge(Phase::mail).score == 4);
  // As HELO it passes: its sender is postmaster.
  policy("example.com", "v=spf1 exists:%{l}.x.example -all");
  world.put("postmaster.x.example", dns::Type::a, address("127.0.0.2"));
  session.reset();
  CHECK(judge(Phase::helo).score == 0);
  CHECK(judge(Phase::mail).score == 4);
}

TEST_CASE_METHOD(Fixture, "spf: of a null sender the HELO name is checked") {
  config.filter.spf.mode = FilterUse::Mode::score;
  transaction.from = {};
  policy("mail.example.com", "v=spf1 ~all");
  judge(Phase::helo);
  CHECK(judge(Phase::mail).score == 3);
  CHECK(*session->told("spf") == "softfail");
  CHECK(*session->told("spf_domain") == "mail.example.com");
  CHECK(*session->told("spf_helo") == "softfail");
  session.reset();
  transaction.helo = "[192.0.2.1]";
  judge(Phase::helo);
  CHECK(judge(Phase::mail).score == 0);
  CHECK(*session->told("spf") == "none");
}

TEST_CASE_METHOD(Fixture, "spf: names beyond ASCII are looked up by their A-labels") {
  transaction.helo =
      "b\xc3\xbc"
      "cher.example";
  transaction.from = *mail::parse_address(
      "a@b\xc3\xbc"
      "cher.example");
  policy("xn--bcher-kva.example", "v=spf1 ip4:192.0.2.1 -all");
  judge(Phase::helo);
  judge(Phase::mail);
  CHECK(*session->told("spf_helo") == "pass");
  CHECK(*session->told("spf") == "pass");
  CHECK(*session->told("spf_domain") == "xn--bcher-kva.example");
}

TEST_CASE_METHOD(Fixture, "spf: who comes by a unix socket has no address") {
  transaction.peer.local = true;
  judge(Phase::helo);
  CHECK(judge(Phase::mail).action == Action::pass);
  CHECK(world.asked.empty());
  CHECK(session->told("spf") == nullptr);
}

TEST_CASE_METHOD(Fixture, "spf: both identities of a large policy are within what a filter may ask") {
  config.filter.spf.mode = FilterUse::Mode::score;
  transaction.helo = "example.com";
  std::string record = "v=spf1";
  for (int i = 0; i < 10; ++i) {
    const std::string domain = "m" + std::to_string(i) + ".example";
    record += " mx:" + domain;
    std::vector<dns::Record> hosts;
    for (int host = 0; host < 10; ++host) hosts.push_back({.text = "h" + std::to_string(host) + "." + domain});
    world.put(domain, dns::Type::mx, found(hosts));
  }
  policy("example.com", record + " -all");
  judge(Phase::helo);
  judge(Phase::mail);
  const std::vector<TraceEntry> found = session->findings().trace().entries;
  REQUIRE(found.size() == 2);
  CHECK(found[0].reason == "fail for example.com: -all");
  CHECK(found[1].reason == "fail for example.com: -all (counted as HELO)");
}
