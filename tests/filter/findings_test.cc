/// findings_test.cc: what comes of findings: modes, weights, thresholds, when a client hears of it, who is allowed.
#include "core/text.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using DecideAt = FilterSettings::DecideAt;

namespace {

constexpr std::uint8_t kAll = 0x3f;
constexpr Phase kPhases[] = {Phase::connect, Phase::helo, Phase::mail, Phase::rcpt, Phase::headers, Phase::message};

/// The first phase in which the client hears of it, and the reply.
std::string told(std::shared_ptr<const Chain> chain) {
  const FakeClock clock;
  Case session(std::move(chain), clock);
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  for (const Phase phase : kPhases) {
    const Verdict verdict = world.judge(session, phase, transaction);
    if (verdict.refuses()) return std::string(kPhaseNames[static_cast<std::size_t>(phase)]) + " " + verdict.reply;
  }
  return "no phase";
}

/// All phases; what is kept with the message.
Trace judged(std::shared_ptr<const Chain> chain) {
  const FakeClock clock;
  Case session(std::move(chain), clock);
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  for (const Phase phase : kPhases) world.judge(session, phase, transaction);
  return session.findings().trace();
}

FilterSettings deciding(DecideAt at) {
  FilterSettings settings;
  settings.decide_at = at;
  return settings;
}

const Finding kReject = Finding::act(Action::reject, 2, "5.7.1 go away", "bad");

}  // namespace

TEST_CASE("a filter that is observed or scored refuses nobody; one that is enforced does") {
  const auto chain = [](FilterUse::Mode mode) {
    return chain_of({}, finds("f", bit(Phase::rcpt), {.mode = mode}, kReject));
  };
  CHECK(told(chain(FilterUse::Mode::observe)) == "no phase");
  CHECK(judged(chain(FilterUse::Mode::observe)).score == 0);
  CHECK(judged(chain(FilterUse::Mode::observe)).entries.front().score == 2);
  CHECK(told(chain(FilterUse::Mode::score)) == "no phase");
  CHECK(judged(chain(FilterUse::Mode::score)).score == 2);
  CHECK(told(chain(FilterUse::Mode::enforce)) == "rcpt 550 5.7.1 go away");
}

TEST_CASE("a refusal is told in its phase, at RCPT, or behind the message") {
  const auto chain = [](DecideAt at, Phase found, Action action) {
    return chain_of(deciding(at), finds("f", bit(found), enforced(), Finding::act(action, 0, "5.7.1 no", "")));
  };
  CHECK(told(chain(DecideAt::phase, Phase::connect, Action::reject)) == "connect 554 5.7.1 no");
  CHECK(told(chain(DecideAt::phase, Phase::connect, Action::defer)) == "connect 421 4.7.1 no");
  CHECK(told(chain(DecideAt::phase, Phase::helo, Action::defer)) == "helo 450 4.7.1 no");
  CHECK(told(chain(DecideAt::phase, Phase::mail, Action::reject)) == "mail 550 5.7.1 no");
  CHECK(told(chain(DecideAt::rcpt, Phase::connect, Action::defer)) == "rcpt 450 4.7.1 no");
  CHECK(told(chain(DecideAt::rcpt, Phase::headers, Action::reject)) == "headers 550 5.7.1 no");
  CHECK(told(chain(DecideAt::message, Phase::connect, Action::reject)) == "message 550 5.7.1 no");
  CHECK(told(chain(DecideAt::message, Phase::headers, Action::defer)) == "message 450 4.7.1 no");
  // Of this recipient nobody would hear later.
  CHECK(told(chain(DecideAt::message, Phase::rcpt, Action::reject)) == "rcpt 550 5.7.1 no");
  // Abuse.
  CHECK(told(chain(DecideAt::message, Phase::connect, Action::disconnect)) == "connect 554 5.7.1 no");
}

TEST_CASE("scores sum up with their weights, and thresholds say what they are worth") {
  FilterSettings settings;
  settings.tag = 3;
  settings.quarantine = 4;
  settings.defer = 5;
  settings.reject = 6;
  const auto chain = [&](double weight) {
    return chain_of(settings, finds("one", bit(Phase::connect), scored(weight), Finding::score_of(1, "x")),
                    finds("two", bit(Phase::message), scored(), Finding::score_of(2, "y")));
  };
  CHECK(judged(chain(0.5)).mark == store::Mark::none);
  CHECK(judged(chain(0.5)).score == 2.5);
  CHECK(judged(chain(1)).mark == store::Mark::tag);
  CHECK(judged(chain(2)).mark == store::Mark::quarantine);
  CHECK(told(chain(2)) == "no phase");
  CHECK(told(chain(3)) == "message 450 4.7.1 this may be spam, come again later");
  CHECK(told(chain(4)) == "message 550 5.7.1 this looks like spam");
  settings.tag = settings.quarantine = settings.defer = settings.reject = 0;
  CHECK(told(chain(50)) == "no phase");
  CHECK(judged(chain(50)).mark == store::Mark::none);
}

TEST_CASE("a threshold that is reached early is told when it is time") {
  FilterSettings settings = deciding(DecideAt::rcpt);
  settings.reject = 5;
  const auto chain = [&](DecideAt at) {
    settings.decide_at = at;
    return chain_of(settings, finds("one", bit(Phase::connect), scored(), Finding::score_of(5, "x")),
                    finds("good", bit(Phase::message), scored(), Finding::score_of(-1, "y")));
  };
  CHECK(told(chain(DecideAt::phase)).starts_with("connect 554"));
  CHECK(told(chain(DecideAt::rcpt)).starts_with("rcpt 550"));
  CHECK(told(chain(DecideAt::message)) == "no phase");
}

TEST_CASE("what is held back is foreseen, in the words in which it will be told") {
  const FakeClock clock;
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  const auto foreseen = [&](DecideAt at, Finding also = {}) {
    FilterSettings settings;
    settings.decide_at = at;
    Case session(chain_of(settings, finds("f", bit(Phase::connect), enforced(), kReject),
                          finds("also", bit(Phase::connect), enforced(), std::move(also))),
                 clock);
    const Verdict said = world.judge(session, Phase::connect, transaction);
    CHECK(said.refuses() == (at == DecideAt::phase && !session.findings().foreseen().reply.empty()));
    return session.findings().foreseen().reply;
  };
  CHECK(foreseen(DecideAt::rcpt) == "550 5.7.1 go away");
  CHECK(foreseen(DecideAt::message) == "550 5.7.1 go away");
  CHECK(foreseen(DecideAt::rcpt, Finding::allow("good")).empty());
}

TEST_CASE("who refuses for good goes before who does for now, and both before who lets it pass") {
  const auto act = [](std::string_view name, Action action) {
    return finds(name, bit(Phase::rcpt), enforced(), Finding::act(action, 0, "5.7.1 " + std::string(name), ""));
  };
  CHECK(told(chain_of({}, act("a", Action::defer), act("b", Action::reject))) == "rcpt 550 5.7.1 b");
  CHECK(told(chain_of({}, act("a", Action::reject), act("b", Action::reject))) == "rcpt 550 5.7.1 a");
  CHECK(told(chain_of({}, act("a", Action::quarantine), act("b", Action::defer))) == "rcpt 450 4.7.1 b");
  CHECK(judged(chain_of({}, act("a", Action::tag), act("b", Action::quarantine))).mark == store::Mark::quarantine);
  CHECK(judged(chain_of({}, act("a", Action::tag), act("b", Action::pass))).mark == store::Mark::tag);
}

TEST_CASE("one who allows wins") {
  const auto allow = [](Phase phase, FilterUse use) {
    return finds("friend", bit(phase), use, Finding::allow("ours"));
  };
  const auto reject = [](Phase phase) { return finds("foe", bit(phase), enforced(), kReject); };
  CHECK(told(chain_of({}, allow(Phase::connect, enforced()), reject(Phase::connect))) == "no phase");
  CHECK(told(chain_of({}, reject(Phase::connect), allow(Phase::mail, enforced()))) == "no phase");
  CHECK(told(chain_of({}, allow(Phase::connect, scored()), reject(Phase::rcpt))).starts_with("rcpt"));
  const Trace trace = judged(chain_of({}, allow(Phase::connect, enforced()), reject(Phase::rcpt)));
  CHECK(trace.entries.size() == 1);  // nobody else is asked
  CHECK(trace.mark == store::Mark::none);
  CHECK(trace.entries.front().allowed);
}

TEST_CASE("one who allows a recipient speaks for no other") {
  const auto friends = [](Phase, const mail::Transaction& transaction, Facts&) {
    return transaction.recipients.back().address.local == "friend" ? Finding::allow("wants all") : Finding{};
  };
  const FakeClock clock;
  Case session(chain_of({}, link("access", bit(Phase::rcpt), enforced(), friends),
                        finds("foe", bit(Phase::message), enforced(), kReject)),
               clock);
  TableWorld world(clock);
  const mail::Transaction one = transaction_of("192.0.2.1", "a@example.com", {"friend@localhost"});
  const mail::Transaction other = transaction_of("192.0.2.1", "a@example.com", {"friend@localhost", "bob@localhost"});
  world.judge(session, Phase::mail, one);
  world.judge(session, Phase::rcpt, one);
  CHECK_FALSE(world.judge(session, Phase::message, one).refuses());
  world.judge(session, Phase::mail, one);
  world.judge(session, Phase::rcpt, one);
  world.judge(session, Phase::rcpt, other);
  CHECK(world.judge(session, Phase::message, other).refuses());
}

TEST_CASE("who cannot tell does what on_error says, if he is enforced") {
  const auto chain = [](FilterUse use) {
    return chain_of({}, finds("f", bit(Phase::rcpt), use, Finding::fail("no DNS")));
  };
  FilterUse use = enforced();
  CHECK(told(chain(use)) == "no phase");
  use.on_error = FilterUse::OnError::defer;
  CHECK(told(chain(use)) == "rcpt 450 4.3.0 cannot judge this now, come again later");
  use.on_error = FilterUse::OnError::reject;
  CHECK(told(chain(use)) == "rcpt 550 5.3.0 cannot judge this");
  use.mode = FilterUse::Mode::score;
  CHECK(told(chain(use)) == "no phase");
}

TEST_CASE("a delay is the longest of those of its phase, and of no effect for who is refused") {
  const auto delay = [](Phase phase, int ms) {
    Finding finding = Finding::act(Action::delay, 0, "", "slow");
    finding.delay = Millis(ms);
    return finds("d", bit(phase), enforced(), finding);
  };
  const FakeClock clock;
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  TableWorld world(clock);
  Case session(chain_of({}, delay(Phase::mail, 100), delay(Phase::mail, 300), delay(Phase::connect, 900)), clock);
  CHECK(world.judge(session, Phase::connect, transaction).delay == Millis(900));
  const Verdict verdict = world.judge(session, Phase::mail, transaction);
  CHECK(verdict.action == Action::delay);
  CHECK(verdict.delay == Millis(300));
  CHECK(world.judge(session, Phase::rcpt, transaction).action == Action::pass);
  Case refused(chain_of({}, delay(Phase::rcpt, 100), finds("foe", bit(Phase::rcpt), enforced(), kReject)), clock);
  CHECK(world.judge(refused, Phase::rcpt, transaction).action == Action::reject);
}

TEST_CASE("the reason of a score names what it is made of") {
  FilterSettings settings;
  settings.reject = 5;
  const FakeClock clock;
  Case session(chain_of(settings, finds("helo", bit(Phase::helo), scored(), Finding::score_of(1.5, "x")),
                        finds("dnsbl", bit(Phase::connect), scored(2), Finding::score_of(2.1, "y")),
                        finds("spf", bit(Phase::mail), {.mode = FilterUse::Mode::observe}, Finding::score_of(9, "z"))),
               clock);
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  for (const Phase phase : {Phase::connect, Phase::helo, Phase::mail}) world.judge(session, phase, transaction);
  CHECK(world.judge(session, Phase::rcpt, transaction).reason == "score 5.7: dnsbl 4.2, helo 1.5");
}

TEST_CASE("a recipient who is spared is not refused by a sum, and what is sent to him alone is not either") {
  const auto spares = [](Phase, const mail::Transaction& transaction, Facts&) {
    return Finding{.spares = transaction.recipients.back().address.local == "postmaster"};
  };
  FilterSettings settings;
  settings.tag = 1;
  settings.reject = 5;
  const FakeClock clock;
  TableWorld world(clock);
  const auto session = [&](Finding found) {
    return Case(chain_of(settings, link("reserved", bit(Phase::rcpt), scored(), spares),
                         finds("foe", bit(Phase::mail), enforced(), std::move(found))),
                clock);
  };
  const mail::Transaction one = transaction_of("192.0.2.1", "a@example.com", {"postmaster@localhost"});
  const mail::Transaction other = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  const mail::Transaction both =
      transaction_of("192.0.2.1", "a@example.com", {"bob@localhost", "postmaster@localhost"});

  Case scored_high = session(Finding::score_of(7, "spam"));
  world.judge(scored_high, Phase::mail, one);
  CHECK(world.judge(scored_high, Phase::rcpt, other).action == Action::reject);
  CHECK(world.judge(scored_high, Phase::rcpt, one).action == Action::tag);
  CHECK(world.judge(scored_high, Phase::message, one).action == Action::tag);
  CHECK(scored_high.findings().trace().mark == store::Mark::tag);

  Case refused = session(kReject);
  world.judge(refused, Phase::mail, one);
  CHECK(world.judge(refused, Phase::rcpt, one).action == Action::reject);

  settings.decide_at = DecideAt::message;
  Case of_two = session(Finding::score_of(7, "spam"));
  world.judge(of_two, Phase::mail, other);
  CHECK_FALSE(world.judge(of_two, Phase::rcpt, other).refuses());
  CHECK_FALSE(world.judge(of_two, Phase::rcpt, both).refuses());
  CHECK(world.judge(of_two, Phase::message, both).action == Action::reject);
}

TEST_CASE("a message is dropped at its end, unless somebody allows it or another HELO makes that void") {
  const FakeClock clock;
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  const auto drop = [](Phase phase) {
    return finds("drop", bit(phase), enforced(), Finding::act(Action::discard, 0, "", "x"));
  };
  Case plain(chain_of({}, drop(Phase::connect)), clock);
  for (const Phase phase : {Phase::connect, Phase::mail, Phase::rcpt})
    CHECK(world.judge(plain, phase, transaction).action == Action::pass);
  CHECK(world.judge(plain, Phase::message, transaction).action == Action::discard);
  Case allowed(chain_of({}, drop(Phase::connect), finds("friend", bit(Phase::mail), enforced(), Finding::allow("x"))),
               clock);
  for (const Phase phase : kPhases) CHECK(world.judge(allowed, phase, transaction).action == Action::pass);
  const auto bad_helo = [](Phase, const mail::Transaction& by, Facts&) {
    return by.helo == "bad" ? Finding::act(Action::discard, 0, "", "x") : Finding{};
  };
  Case again(chain_of({}, link("helo", bit(Phase::helo), enforced(), bad_helo)), clock);
  mail::Transaction bad = transaction_of("192.0.2.1");
  bad.helo = "bad";
  world.judge(again, Phase::helo, bad);
  world.judge(again, Phase::helo, transaction);
  world.judge(again, Phase::mail, transaction);
  CHECK(world.judge(again, Phase::message, transaction).action == Action::pass);
}

TEST_CASE("a recipient's copy is dropped alone") {
  const auto trap = [](Phase, const mail::Transaction& transaction, Facts&) {
    const bool his = transaction.recipients.back().address.local == "trap";
    return his ? Finding::act(Action::discard, 7, "", "x") : Finding{};
  };
  const FakeClock clock;
  TableWorld world(clock);
  Case session(chain_of({}, link("trap", bit(Phase::rcpt), enforced(), trap)), clock);
  const mail::Transaction one = transaction_of("192.0.2.1", "a@example.com", {"trap@localhost"});
  const mail::Transaction both = transaction_of("192.0.2.1", "a@example.com", {"trap@localhost", "bob@localhost"});
  world.judge(session, Phase::mail, one);
  CHECK(world.judge(session, Phase::rcpt, one).action == Action::discard);
  CHECK(world.judge(session, Phase::rcpt, both).action == Action::pass);
  CHECK(world.judge(session, Phase::message, both).action == Action::pass);
  CHECK(session.findings().trace().score == 0);  // what was found of him is not theirs
  CHECK(session.findings().trace().mark == store::Mark::none);
}

TEST_CASE("a message that is kept has the mark of its sum, even of one that refuses") {
  FilterSettings settings;
  settings.quarantine = 8;
  settings.reject = 20;
  const auto by_name = [](const char* of) {
    return link(of, bit(Phase::rcpt), scored(), [of](Phase, const mail::Transaction& transaction, Facts&) {
      return transaction.recipients.back().address.local == of ? Finding::score_of(12, "x") : Finding{};
    });
  };
  const FakeClock clock;
  TableWorld world(clock);
  Case session(chain_of(settings, by_name("bob"), by_name("eve")), clock);
  const mail::Transaction bob = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  const mail::Transaction both = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost", "eve@localhost"});
  world.judge(session, Phase::mail, bob);
  CHECK_FALSE(world.judge(session, Phase::rcpt, bob).refuses());
  CHECK_FALSE(world.judge(session, Phase::rcpt, both).refuses());
  session.settle_recipient();
  CHECK(session.findings().trace().mark == store::Mark::quarantine);
  CHECK(world.judge(session, Phase::message, both).action == Action::reject);  // it is asked at its end
}

TEST_CASE("a verdict and a mark say whose they are") {
  const FakeClock clock;
  TableWorld world(clock);
  const mail::Transaction transaction = transaction_of("192.0.2.1");
  const auto at_message = [&](std::shared_ptr<const Chain> chain) {
    Case session(std::move(chain), clock);
    const Verdict verdict = world.judge(session, Phase::message, transaction);
    return verdict.by + "/" + std::string(session.findings().marked().by);
  };
  const auto finding = [](const char* name, Finding found) {
    return finds(name, bit(Phase::message), {.mode = FilterUse::Mode::enforce}, std::move(found));
  };
  const Finding pass, tag = Finding::act(Action::tag, 1, "", "bad"),
                      quarantine = Finding::act(Action::quarantine, 2, "", "bad");
  FilterSettings sums;
  sums.tag = 3;
  sums.reject = 10;
  CHECK(at_message(chain_of(sums, finding("f", pass))) == "/");
  CHECK(at_message(chain_of(sums, finding("f", kReject))) == "f/");
  CHECK(at_message(chain_of(sums, finding("f", tag), finding("g", quarantine))) == "g/g");
  CHECK(at_message(chain_of(sums, finding("f", tag), finding("g", tag))) == "f/f");
  CHECK(at_message(chain_of(sums, finding("f", tag), finding("g", Finding::score_of(5, "x")))) == "f/score");
  CHECK(at_message(chain_of(sums, finding("f", Finding::score_of(20, "x")))) == "score/score");
}

TEST_CASE("what was found once is weighed again by other rules") {
  const auto weigh = [](double weight, FilterUse::Mode mode, double reject) {
    Rules rules;
    rules.settings.reject = reject;
    rules.settings.tag = 0;
    rules.filters = {{"one", {.mode = mode, .weight = weight}}, {"two", scored()}};
    Findings findings(rules);
    findings.begin(Phase::connect);
    findings.add(1, Finding::score_of(2, "second"));
    findings.add(0, Finding::score_of(3, "first"));
    findings.begin(Phase::message);
    const Verdict verdict = findings.decide();
    return std::string(name_of(verdict.action)) + " " + format_number(verdict.score);
  };
  CHECK(weigh(1, FilterUse::Mode::score, 5) == "reject 5");
  CHECK(weigh(1, FilterUse::Mode::score, 6) == "pass 5");
  CHECK(weigh(2, FilterUse::Mode::score, 6) == "reject 8");
  CHECK(weigh(2, FilterUse::Mode::observe, 6) == "pass 2");
}
