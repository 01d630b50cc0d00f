/// rate_test.cc: many recipients, and time that goes by. What is found of one is in tests/filter/samples/rate-*.
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

  Fixture() { config.filter.rate.mode = FilterUse::Mode::enforce; }
  void limits(std::vector<std::string> all) { config.filter.rate.limits = std::move(all); }

  std::shared_ptr<const Chain> chain() const {
    std::vector<FilterKind> kinds;
    for (const FilterKind& kind : filter_kinds())
      if (kind.name == "rate") kinds.push_back(kind);
    return *Chain::make(config, kinds);
  }

  /// What each of so many recipients of a message hears.
  std::vector<Verdict> send(std::string_view peer, std::string_view from, std::size_t recipients,
                            std::string_view to = "bob") {
    Case session(chain(), clock);
    mail::Transaction transaction = transaction_of(peer, from, {});
    world.judge(session, Phase::connect, transaction);
    std::vector<Verdict> verdicts;
    for (std::size_t i = 0; i < recipients; ++i) {
      transaction.recipients = transaction_of(peer, from, {std::string(to) + "@localhost"}).recipients;
      verdicts.push_back(world.judge(session, Phase::rcpt, transaction));
    }
    return verdicts;
  }

  /// The same in short: `paspasdeldef`.
  std::string actions(std::string_view peer, std::string_view from, std::size_t recipients,
                      std::string_view to = "bob") {
    std::string text;
    for (const Verdict& verdict : send(peer, from, recipients, to)) text += name_of(verdict.action).substr(0, 3);
    return text;
  }
};

std::string times(std::size_t count, std::string_view word) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += word;
  return text;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "rate: first all pass, a tenth more are slowed down, and then all are deferred") {
  limits({"client=20/5m"});
  const std::vector<Verdict> verdicts = send("192.0.2.1", "a@example.com", 25);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    INFO(i);
    const Verdict& verdict = verdicts[i];
    CHECK(verdict.action == (i < 20 ? Action::pass : i < 22 ? Action::delay : Action::defer));
    CHECK(verdict.score == (i < 20 ? 0 : 2));
    CHECK(verdict.delay == Millis(i == 20 || i == 21 ? 3000 : 0));
  }
  CHECK(verdicts.back().reply == "450 4.7.1 too many recipients from your address, come again later");
  CHECK(verdicts.back().reason == "rate: over client=20/5m");
}

TEST_CASE_METHOD(Fixture, "rate: who goes on trying has what the limit allows, and no less") {
  limits({"client=20/5m"});
  send("192.0.2.1", "a@example.com", 500);
  clock.advance(std::chrono::minutes(5));
  CHECK(actions("192.0.2.1", "a@example.com", 21) == times(18, "pas") + times(2, "del") + "def");
}

TEST_CASE_METHOD(Fixture, "rate: each reply says what there is too much of") {
  limits({"null=1/5m"});
  CHECK(send("192.0.2.1", "", 3).back().reply == "450 4.7.1 too many bounces from your address, come again later");
  limits({"sender=1/5m"});
  CHECK(send("192.0.2.1", "a@example.com", 3).back().reply ==
        "450 4.7.1 too many recipients from this domain, come again later");
  limits({"recipient=1/5m"});
  CHECK(send("192.0.2.1", "a@example.com", 3).back().reply ==
        "450 4.7.1 too many messages for this recipient, come again later");
  limits({"connection=1/5m"});
  for (int i = 0; i < 2; ++i) send("192.0.2.1", "a@example.com", 0);
  CHECK(send("192.0.2.1", "a@example.com", 1).back().reply == "450 4.7.1 too many connections, come again later");
}

TEST_CASE_METHOD(Fixture, "rate: bounces are of no domain") {
  limits({"sender=1/5m"});
  CHECK(actions("192.0.2.1", "", 3) == times(3, "pas"));
}

TEST_CASE_METHOD(Fixture, "rate: whom his own limit refuses uses up nothing of others") {
  limits({"recipient=50/5m", "sender=50/5m", "client=5/5m"});
  send("192.0.2.1", "a@example.com", 200);
  CHECK(actions("192.0.2.2", "a@example.com", 5) == times(5, "pas"));
  // Of 50 the first client took six, and the second five.
  for (int i = 10; i < 49; ++i) {
    INFO(i);
    CHECK(actions("192.0.2." + std::to_string(i), "a@example.com", 1) == "pas");
  }
}

TEST_CASE_METHOD(Fixture, "rate: the inbox of who is refused by its sender's limit, neither") {
  limits({"recipient=50/5m", "sender=5/5m"});
  send("192.0.2.1", "a@example.com", 200);
  CHECK(actions("192.0.2.1", "a@example.org", 5) == times(5, "pas"));
  limits({"recipient=50/5m"});
  CHECK(actions("192.0.2.1", "a@example.org", 40) == times(39, "pas") + "del");
}

TEST_CASE_METHOD(Fixture, "rate: limits of one client are asked about at once, shared ones one after the other") {
  limits({"client=50/5m", "client=500/1h", "null=50/5m", "recipient=50/5m"});
  send("192.0.2.1", "", 1);
  CHECK(world.errands == 4);
  CHECK(world.rounds == 2);
}

TEST_CASE_METHOD(Fixture, "rate: a limit that is exceeded goes before a ledger that does not answer") {
  limits({"client=1/5m", "recipient=50/5m"});
  send("192.0.2.1", "a@example.com", 3);
  CHECK(send("192.0.2.1", "a@example.com", 1).back().action == Action::defer);
  config.filter.rate.on_error = FilterUse::OnError::reject;
  world.ledger_is(TableWorld::LedgerIs::unavailable);
  CHECK(send("192.0.2.1", "a@example.com", 1).back().action == Action::reject);
  world.ledger_is(TableWorld::LedgerIs::silent);
  CHECK(send("192.0.2.1", "a@example.com", 1).back().action == Action::reject);
  config.filter.rate.on_error = FilterUse::OnError::pass;
  CHECK(send("192.0.2.1", "a@example.com", 1).back().action == Action::pass);
}

TEST_CASE_METHOD(Fixture, "rate: who comes by a unix socket is not counted") {
  limits({"connection=1/5m", "client=1/5m"});
  Case session(chain(), clock);
  mail::Transaction transaction = transaction_of("192.0.2.1");
  transaction.peer.local = true;
  world.judge(session, Phase::connect, transaction);
  world.judge(session, Phase::rcpt, transaction);
  CHECK(world.errands == 0);
}
