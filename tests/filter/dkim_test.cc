/// dkim_test.cc: the filter: when it asks, what it makes of several signatures, and what it tells.
#include <catch2/catch.hpp>

#include "core/text.h"
#include "filter/dkim_kit.h"
#include "filter/filters.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

const std::string kMessage = "From: a@example.com\r\nTo: b@localhost\r\nSubject: Hello\r\n\r\nHello.\r\n";

const DkimSigner& signer() {
  static const DkimSigner kSigner = DkimSigner::ed25519();
  return kSigner;
}

/// A message before the filter alone.
class Session {
 public:
  explicit Session(Config config = {}) : case_(chain(config), clock_) {}

  void put_key(const std::string& domain, const std::string& record = signer().record()) {
    world.put("s1._domainkey." + domain, dns::Type::txt, text(record));
  }
  Verdict judge(const std::string& message) {
    transaction_ = transaction_of("192.0.2.1");
    transaction_.data = message;
    return world.judge(case_, Phase::message, transaction_);
  }
  /// `pass 1 fail example.com: ...`: action, score and reason of what it found.
  std::string found() const {
    const Trace trace = case_.findings().trace();
    REQUIRE(trace.entries.size() == 1);
    const TraceEntry& entry = trace.entries.front();
    return std::string(entry.failed ? "failed" : name_of(entry.action)) + " " + format_number(entry.score) +
           (entry.reason.empty() ? "" : " " + entry.reason);
  }
  std::string told(std::string_view fact) const {
    const std::string* value = case_.told(fact);
    return value ? *value : std::string();
  }

 private:
  static std::shared_ptr<const Chain> chain(const Config& config) {
    const auto kinds = filter_kinds();
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [](const auto& each) { return each.name == "dkim"; });
    REQUIRE(kind != kinds.end());
    return *Chain::make(config, {kind, 1});
  }

  FakeClock clock_;
  Case case_;
  mail::Transaction transaction_;

 public:
  TableWorld world{clock_};
};

std::string signed_for(const std::string& domain, const std::string& message) {
  return signed_by(signer(), {.domain = domain}, message);
}

}  // namespace

TEST_CASE("all keys are asked for at once, and each once") {
  Session session;
  session.put_key("a.example");
  session.put_key("b.example");
  session.judge(signed_for("a.example", signed_for("b.example", signed_for("a.example", kMessage))));
  CHECK(session.world.asked == std::vector<std::string>{"TXT s1._domainkey.a.example", "TXT s1._domainkey.b.example"});
  CHECK(session.world.rounds == 1);
  CHECK(session.told("dkim") == "a.example b.example");
  CHECK(session.told("dkim_results") == "pass a.example s1; pass b.example s1; pass a.example s1");
}

TEST_CASE("nobody is asked for the key of who cannot pass") {
  Session session;
  session.judge(signed_by(signer(), {.more = " x=1;"}, kMessage));
  CHECK(session.world.asked.empty());
  CHECK(session.found() == "pass 1 fail example.com: it has expired");
}

TEST_CASE("one that passes is enough") {
  Session session;
  session.put_key("a.example");
  session.world.silence("s1._domainkey.c.example", dns::Type::txt);
  const std::string message = signed_for("a.example", kMessage);
  session.judge(signed_for("b.example", signed_for("c.example", message)));
  CHECK(session.found() == "pass 0 pass a.example");
  CHECK(session.told("dkim") == "a.example");
  CHECK(session.told("dkim_results") == "permerror b.example s1; temperror c.example s1; pass a.example s1");
}

TEST_CASE("an answer that does not come counts where nothing passes") {
  Session session;
  session.world.silence("s1._domainkey.b.example", dns::Type::txt);
  session.judge(signed_for("a.example", signed_for("b.example", kMessage)));
  CHECK(session.found() == "failed 0 temperror b.example: no answer for its key: timed_out");
  CHECK(session.told("dkim").empty());
}

TEST_CASE("a domain that tests is as one that does not sign, unless it passes") {
  Session session;
  session.put_key("a.example", signer().record() + "; t=y");
  session.judge(signed_for("a.example", kMessage) + "x");
  CHECK(session.found() == "pass 0 fail a.example: the body does not match (testing)");
  session.judge(signed_for("a.example", kMessage));
  CHECK(session.found() == "pass 0 pass a.example");
}

TEST_CASE("it refuses nobody") {
  Config config;
  config.filter.dkim.mode = FilterUse::Mode::enforce;
  Session session(config);
  session.put_key("a.example");
  CHECK(session.judge(signed_for("a.example", kMessage) + "x").action == Action::pass);
  CHECK(session.found() == "pass 1 fail a.example: the body does not match");
}

TEST_CASE("facts have a bound, and no name in them is cut") {
  Session session;
  std::string message = kMessage;
  for (char c = 'a'; c <= 'j'; ++c) {
    const std::string domain = std::string(1, c) + std::string(60, 'x') + "." + std::string(60, 'y') + ".example";
    session.put_key(domain);
    message = signed_for(domain, message);
  }
  session.judge(message);
  for (const char* fact : {"dkim", "dkim_results"}) {
    const std::string told = session.told(fact);
    CHECK(told.size() > 800);
    CHECK(told.size() <= Facts::kMostTold);
    CHECK((told.ends_with(".example") || told.ends_with(".example s1")));
  }
}
