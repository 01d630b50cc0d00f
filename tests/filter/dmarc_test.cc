/// dmarc_test.cc: which Froms count, what other filters have told and have not, and what is done with mode = enforce.
/// What is found in whole sessions is in tests/filter/samples/dmarc-*.
#include "core/text.h"
#include "filter/filters.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

/// What filters before it tell; nothing: they have come to no end.
struct Told {
  std::optional<std::string> spf{"none"}, spf_domain{"example.com"}, dkim{""}, dkim_results{""};
};

class Session {
 public:
  FakeClock clock;
  TableWorld world{clock};

  explicit Session(Told told = {}, const Config& config = {}) : case_(chain(std::move(told), config), clock) {}

  Verdict judge(const std::string& header) {
    transaction_.peer.address = *IpAddress::parse("192.0.2.1");
    transaction_.data = header + "\r\n\r\nHello.\r\n";
    return world.judge(case_, Phase::message, transaction_);
  }
  /// Action, score and reason of what it found.
  std::string found() const {
    for (const TraceEntry& entry : case_.findings().trace().entries)
      if (entry.filter == "dmarc")
        return std::string(entry.failed ? "failed" : name_of(entry.action)) + " " + format_number(entry.score) +
               (entry.reason.empty() ? "" : " " + entry.reason);
    return "";
  }
  std::string found(const std::string& header) {
    judge(header);
    return found();
  }

 private:
  static std::shared_ptr<const Chain> chain(Told told, const Config& config) {
    static constexpr std::string_view kTells[] = {"spf", "spf_domain", "dkim", "dkim_results"};
    std::vector<Chain::Link> links;
    links.push_back(link(
        "tells", bit(Phase::message), {},
        [told](Phase, const mail::Transaction&, Facts& facts) {
          const auto tell = [&](std::string_view fact, const auto& value) {
            if (value) facts.tell(fact, *value);
          };
          tell("spf", told.spf);
          tell("spf_domain", told.spf_domain);
          tell("dkim", told.dkim);
          tell("dkim_results", told.dkim_results);
          return Finding{};
        },
        kTells));
    for (const FilterKind& kind : filter_kinds())
      if (kind.name == "dmarc")
        links.push_back({kind.name, kind.phases, config.filter.dmarc, *kind.make(config), kind.tells});
    REQUIRE(links.size() == 2);
    return std::make_shared<const Chain>(config.filter, std::move(links));
  }

  Case case_;
  mail::Transaction transaction_;
};

void put(TableWorld& world, const std::string& domain, const std::string& tags) {
  world.put("_dmarc." + domain, dns::Type::txt, text("v=DMARC1; " + tags));
}

constexpr const char* kFail = "fail for example.com: neither SPF nor DKIM is of that domain; p=";

/// Of a message whose From is that, with the policies of two domains.
std::string found_for(const std::string& header, Told told = {}) {
  Session session(std::move(told));
  put(session.world, "example.com", "p=reject");
  put(session.world, "good.example", "p=quarantine");
  return session.found(header);
}

}  // namespace

TEST_CASE("dmarc: each From counts, and the gravest of what comes of them") {
  const Told good{.spf = "pass", .spf_domain = "good.example"};
  const std::string fails = "reject 6 " + std::string(kFail) + "reject";
  CHECK(found_for("From: a@good.example", good) == "pass 0 pass for good.example by SPF");
  CHECK(found_for("From: a@good.example, b@example.com", good) == fails);
  CHECK(found_for("From: a@good.example\r\nfrom : b@example.com", good) == fails);
  CHECK(found_for("From: b@example.com\r\nFrom: a@good.example", good) == fails);
  CHECK(found_for("From: a@example.com <a@good.example>", good) == "pass 0 pass for good.example by SPF");
  CHECK(found_for("From: <a@example.com> <a@good.example>", good) == fails);
  CHECK(found_for("From: a@good.example, a@[192.0.2.1], b@unknown.example", good) == "pass 0");
}

TEST_CASE("dmarc: a From that cannot be read") {
  CHECK(found_for("To: a@example.com") == "pass 1 no From");
  CHECK(found_for("From: undisclosed:;") == "pass 1 no domain in From");
  CHECK(found_for("From: a@[192.0.2.1]") == "pass 1 no domain in From");
  CHECK(found_for("From: (a@example.com") ==
        "reject 6 fail for example.com: neither SPF nor DKIM is of that domain; p=reject");
  CHECK(found_for("From: a@example.com, \"") == "reject 6 " + std::string(kFail) + "reject");
  std::string many = "From: a@example.com";
  for (int i = 0; i < 5; ++i) many += ", a@d" + std::to_string(i) + ".test";
  CHECK(found_for(many) == "reject 6 " + std::string(kFail) + "reject");
  many = "From: ";
  for (int i = 0; i < 6; ++i) many += "a@d" + std::to_string(i) + ".test, ";
  CHECK(found_for(many) == "pass 3 too much in From");
  CHECK(found_for("From: (" + std::string(20'000, 'x') + ") a@example.com") == "pass 3 From cannot be read");
  std::string fields;
  for (int i = 0; i < 1000; ++i) fields += "X: y\r\n";
  CHECK(found_for(fields + "From: a@example.com") ==
        "reject 6 fail for example.com: neither SPF nor DKIM is of that domain; p=reject");
}

TEST_CASE("dmarc: what is told of a message") {
  Session session;
  put(session.world, "example.com", "p=reject; sp=quarantine");
  session.judge("From: a@A.example.com");
  CHECK(session.found().starts_with("quarantine 4 fail for a.example.com"));
}

TEST_CASE("dmarc: filters that have not come to their end do not make mail fail") {
  const std::string from = "From: a@example.com";
  CHECK(found_for(from, {.spf = {}, .spf_domain = {}}) == "failed 0 SPF cannot tell for example.com");
  CHECK(found_for(from, {.dkim = {}, .dkim_results = {}}) == "failed 0 DKIM cannot tell for example.com");
  CHECK(found_for(from, {.spf = "pass", .dkim = {}, .dkim_results = {}}) == "pass 0 pass for example.com by SPF");
  CHECK(found_for(from, {.spf = "temperror"}) == "failed 0 SPF cannot tell for example.com");
  CHECK(found_for(from, {.dkim_results = "pass list.test s; temperror a.example.com s"}) ==
        "failed 0 DKIM cannot tell for example.com");
  CHECK(found_for(from, {.dkim = "list.test a.example.com"}) == "pass 0 pass for example.com by DKIM");
}

TEST_CASE("dmarc: without spf or dkim it can only tell what passes") {
  Config config;
  config.filter.spf.mode = FilterUse::Mode::off;
  Session session({.spf = {}, .spf_domain = {}}, config);
  put(session.world, "example.com", "p=reject");
  CHECK(session.found("From: a@example.com") == "pass 0 cannot tell: the filter spf is off");
  session.world.put("_dmarc.dead.example", dns::Type::txt, no_answer(dns::Status::failed));
  CHECK(session.found("From: a@dead.example") == "failed 0 no answer for the policy of dead.example: failed");
  Session signed_one({.spf = {}, .spf_domain = {}, .dkim = "example.com"}, config);
  put(signed_one.world, "example.com", "p=reject");
  CHECK(signed_one.found("From: a@example.com") == "pass 0 pass for example.com by DKIM");
}

TEST_CASE("dmarc: policies are asked for while others still judge, and each once") {
  Session session;
  session.judge("From: a@x.example.com, b@y.example.com");
  CHECK(session.world.asked ==
        std::vector<std::string>{"TXT _dmarc.x.example.com", "TXT _dmarc.example.com", "TXT _dmarc.y.example.com"});
  CHECK(session.world.rounds == 1);
}

TEST_CASE("dmarc: with mode = enforce the domain has its way") {
  Config config;
  config.filter.dmarc.mode = FilterUse::Mode::enforce;
  const auto verdict = [&](const std::string& tags) {
    Session session({}, config);
    put(session.world, "example.com", tags);
    return session.judge("From: a@example.com");
  };
  CHECK(verdict("p=none").action == Action::pass);
  CHECK(verdict("p=quarantine").action == Action::quarantine);
  CHECK(verdict("p=reject").action == Action::reject);
  CHECK(verdict("p=reject").reply == "550 5.7.1 refused by the DMARC policy of example.com");
  CHECK(verdict("p=reject; pct=0").action == Action::quarantine);
  CHECK(verdict("p=quarantine; pct=0").action == Action::pass);
}

TEST_CASE("dmarc: pct= is met over time, whoever sends") {
  Config config;
  config.filter.dmarc.mode = FilterUse::Mode::enforce;
  Session session({}, config);
  put(session.world, "example.com", "p=reject; pct=25");
  unsigned refused = 0;
  for (int i = 0; i < 1000; ++i) {
    session.clock.advance(std::chrono::milliseconds(1));
    refused += session.judge("From: a@example.com").action == Action::reject ? 1 : 0;
  }
  CHECK(refused > 200);
  CHECK(refused < 300);
  CHECK(session.judge("From: a@example.com").action == session.judge("From: a@example.com").action);
}
