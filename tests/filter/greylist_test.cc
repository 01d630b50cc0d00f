/// greylist_test.cc: the second try, many recipients, modes that change. What is found of one mail is in
/// tests/filter/samples/greylist-*.
#include "filter/filters.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr hours kDay{24};

struct Fixture {
  FakeClock clock;
  TableWorld world{clock};
  Config config;

  Fixture() { config.filter.greylist.mode = FilterUse::Mode::enforce; }

  std::shared_ptr<const Chain> chain() const {
    std::vector<FilterKind> kinds;
    for (const FilterKind& kind : filter_kinds())
      if (kind.name == "greylist") kinds.push_back(kind);
    return *Chain::make(config, kinds);
  }

  /// What each recipient hears.
  std::vector<Verdict> send(std::string_view peer, std::string_view from, const std::vector<std::string>& to) {
    Case session(chain(), clock);
    mail::Transaction transaction = transaction_of(peer, from, {});
    std::vector<Verdict> verdicts;
    for (const std::string& each : to) {
      const mail::Address address = *mail::parse_address(each + "@localhost");
      transaction.recipients.push_back({address, *mail::Inbox::of(address, config.inbox, "localhost")});
      verdicts.push_back(world.judge(session, Phase::rcpt, transaction));
      if (verdicts.back().refuses()) transaction.recipients.pop_back();
    }
    reasons.clear();
    for (const TraceEntry& entry : session.findings().trace().entries) reasons.push_back(entry.reason);
    return verdicts;
  }
  Verdict send(std::string_view peer = "192.0.2.1", std::string_view from = "a@example.com") {
    return send(peer, from, {"bob"}).front();
  }
  bool passes(std::string_view peer = "192.0.2.1", std::string_view from = "a@example.com") {
    return send(peer, from).action == Action::pass;
  }
  /// What the last recipient's finding says.
  std::string reason() const { return reasons.empty() ? "" : reasons.back(); }

  std::vector<std::string> reasons;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "greylist: who comes again in time is known, and others are not") {
  const Verdict first = send();
  CHECK(first.action == Action::defer);
  CHECK(first.reply == "450 4.7.1 come again in 60 s");
  CHECK(first.reason == "greylist: first seen");
  CHECK(first.score == 0);
  clock.advance(Millis(20'500));
  const Verdict early = send();
  CHECK(early.reply == "450 4.7.1 come again in 40 s");
  clock.advance(Millis(39'499));
  CHECK(send().reply == "450 4.7.1 come again in 1 s");
  clock.advance(Millis(1));
  CHECK(passes());
  CHECK(reason() == "came again after 60 s, known from now on: network 192.0.2.0");
  CHECK(passes("192.0.2.77", "other@example.org"));
  CHECK(reason() == "known: network 192.0.2.0");
  CHECK_FALSE(passes("192.0.3.1", "a@example.com"));
}

TEST_CASE_METHOD(Fixture, "greylist: of IPv6 a /64 is one client") {
  CHECK_FALSE(passes("2001:db8::1"));
  clock.advance(minutes(1));
  CHECK_FALSE(passes("2001:db8:0:1::1"));
  CHECK(passes("2001:db8::2"));
}

TEST_CASE_METHOD(Fixture, "greylist: a try that is too late is the first one") {
  send();
  clock.advance(hours(25) - Millis(1));
  CHECK(passes());
  CHECK_FALSE(passes("192.0.3.1"));
  clock.advance(hours(25));
  CHECK(send("192.0.3.1").reply == "450 4.7.1 come again in 60 s");
}

TEST_CASE_METHOD(Fixture, "greylist: early tries do not make the time any longer") {
  send();
  for (int i = 0; i < 59; ++i) {
    clock.advance(seconds(1));
    CHECK_FALSE(passes());
  }
  clock.advance(seconds(1));
  CHECK(passes());
}

TEST_CASE_METHOD(Fixture, "greylist: a host is forgotten when it was not seen for so long, and each time counts") {
  config.filter.greylist.remember = 32 * kDay;
  send();
  clock.advance(minutes(1));
  REQUIRE(passes());
  for (int i = 0; i < 5; ++i) {
    clock.advance(30 * kDay);
    CHECK(passes());
  }
  clock.advance(32 * kDay);
  CHECK_FALSE(passes());
}

TEST_CASE_METHOD(Fixture, "greylist: a known host costs a question, and once a day a record") {
  config.filter.greylist.remember = 32 * kDay;
  send();
  clock.advance(minutes(1));
  send();
  const auto errands_of = [this] {
    const unsigned before = world.errands;
    CHECK(passes());
    return world.errands - before;
  };
  CHECK(errands_of() == 1);
  clock.advance(kDay - Millis(1));
  CHECK(errands_of() == 1);
  clock.advance(Millis(1));
  CHECK(errands_of() == 2);
  CHECK(errands_of() == 1);
}

TEST_CASE_METHOD(Fixture, "greylist: each recipient is asked about by himself, until the host is known") {
  std::vector<Verdict> verdicts = send("192.0.2.1", "a@example.com", {"bob", "eve"});
  CHECK((verdicts[0].action == Action::defer && verdicts[1].action == Action::defer));
  clock.advance(seconds(30));
  send("192.0.2.1", "a@example.com", {"mallory"});
  clock.advance(seconds(30));
  verdicts = send("192.0.2.1", "a@example.com", {"mallory", "bob", "mallory", "eve"});
  CHECK(verdicts[0].action == Action::defer);
  for (std::size_t i = 1; i < verdicts.size(); ++i) CHECK(verdicts[i].action == Action::pass);
}

TEST_CASE_METHOD(Fixture, "greylist: what is learnt while nobody is deferred has no part in it") {
  for (const auto mode : {FilterUse::Mode::observe, FilterUse::Mode::score}) {
    config.filter.greylist.mode = mode;
    const std::string peer = mode == FilterUse::Mode::observe ? "192.0.2.1" : "198.51.100.1";
    CHECK(send(peer).score == 0);
    CHECK(reason() == "would defer 60 s");
    clock.advance(minutes(5));
    CHECK(passes(peer));
    CHECK(reason() == "would be known, if it had come again: network " + peer.substr(0, peer.rfind('.')) + ".0");
    config.filter.greylist.mode = FilterUse::Mode::enforce;
    CHECK(send(peer).reply == "450 4.7.1 come again in 60 s");
    clock.advance(seconds(59));
    CHECK_FALSE(passes(peer));
  }
}

TEST_CASE_METHOD(Fixture, "greylist: what was learnt before is told while nobody is deferred, and not made longer") {
  send();
  clock.advance(minutes(1));
  send();
  config.filter.greylist.mode = FilterUse::Mode::observe;
  clock.advance(34 * kDay);
  CHECK(passes());
  CHECK(reason() == "known: network 192.0.2.0");
  config.filter.greylist.mode = FilterUse::Mode::enforce;
  clock.advance(kDay);
  CHECK_FALSE(passes());
}

TEST_CASE_METHOD(Fixture, "greylist: who is watched is remembered as if he were known") {
  config.filter.greylist.mode = FilterUse::Mode::observe;
  config.filter.greylist.remember = 32 * kDay;
  send();
  for (int i = 0; i < 3; ++i) {
    clock.advance(30 * kDay);
    CHECK(passes());
    CHECK(reason() == "would be known, if it had come again: network 192.0.2.0");
  }
  clock.advance(32 * kDay);
  send();
  CHECK(reason() == "would defer 60 s");
}

TEST_CASE_METHOD(Fixture, "greylist: a clock that is set back holds nobody up for long") {
  send();
  clock.jump(-kDay);
  CHECK(passes());
  send("192.0.3.1");
  clock.jump(-seconds(30));
  CHECK(send("192.0.3.1").reply == "450 4.7.1 come again in 30 s");
}

TEST_CASE_METHOD(Fixture, "greylist: a ledger that fails is on_error's to decide") {
  using OnError = FilterUse::OnError;
  for (const auto state : {TableWorld::LedgerIs::silent, TableWorld::LedgerIs::unavailable}) {
    world.ledger_is(state);
    config.filter.greylist.on_error = OnError::pass;
    CHECK(passes());
    config.filter.greylist.on_error = OnError::defer;
    CHECK(send().reply == "450 4.3.0 cannot judge this now, come again later");
  }
}

TEST_CASE_METHOD(Fixture, "greylist: lists of whom it never defers") {
  config.filter.greylist.except = {"198.51.100.0/24", "helo:/^mail/", "from:@example.org", "to:eve@"};
  CHECK(passes("198.51.100.9"));
  CHECK(passes("192.0.2.1"));  // by its HELO, mail.example.com
  CHECK(world.errands == 0);
  config.filter.greylist.except = {"198.51.100.0/24", "from:@example.org", "to:eve@", "client:.example.com"};
  CHECK_FALSE(passes("192.0.2.1"));
  CHECK(passes("192.0.2.1", "b@example.org"));
  const std::vector<Verdict> verdicts = send("192.0.2.1", "a@example.com", {"Eve+tag", "bob"});
  CHECK((verdicts[0].action == Action::pass && verdicts[1].action == Action::defer));
}

TEST_CASE_METHOD(Fixture, "greylist: strangers who write to a million inboxes leave known hosts their share") {
  send();
  clock.advance(minutes(1));
  REQUIRE(passes());
  for (int i = 0; i < 3000; ++i) send("203.0.113.1", "a@example.com", {"x" + std::to_string(i)});
  CHECK(world.ledger().stats().records <= 1100);
  CHECK(passes());
}

TEST_CASE_METHOD(Fixture, "greylist: who comes by a unix socket is not asked about") {
  Case session(chain(), clock);
  mail::Transaction transaction = transaction_of("192.0.2.1");
  transaction.peer.local = true;
  CHECK(world.judge(session, Phase::rcpt, transaction).action == Action::pass);
  CHECK(world.errands == 0);
}
