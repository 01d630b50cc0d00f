/// case_outcome_test.cc: what filters want done when something is over, and what is said to have come of it.
#include "filter/case.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using mail::Transaction;
using store::Operation;

namespace {

constexpr std::uint8_t kConnect = bit(Phase::connect), kMail = bit(Phase::mail), kRcpt = bit(Phase::rcpt),
                       kMessage = bit(Phase::message);

Operation named(std::string_view key) { return Operation::put("test", key, Millis(1000)); }

/// Wants all three at the end of what the phase belongs to, and finds `finding`.
Chain::Link counting(std::uint8_t phases, Finding finding = {}) {
  return link("counting", phases, enforced(), [finding](Phase, const Transaction&, Facts& facts) {
    facts.at_end(Outcome::good, named("good"));
    facts.at_end(Outcome::bad, named("bad"));
    facts.at_end(Outcome::refused, named("refused"));
    return finding;
  });
}

struct Bench {
  template <class... Links>
  explicit Bench(Links... links) : session(chain_of(FilterSettings{}, std::move(links)...), clock), world(clock) {}

  Bench& at(Phase phase) {
    world.judge(session, phase, transaction);
    return *this;
  }
  Bench& message() { return at(Phase::mail).at(Phase::rcpt).at(Phase::headers).at(Phase::message); }
  std::string done() {
    std::string keys;
    for (const Operation& operation : session.take_errands_behind()) keys += operation.key + " ";
    return keys;
  }
  std::string end() {
    session.finish();
    return done();
  }

  FakeClock clock;
  Case session;
  TableWorld world;
  Transaction transaction = transaction_of("192.0.2.1");
};

}  // namespace

TEST_CASE("a message that is taken is good when its transaction is over, and its session when that is") {
  Bench transaction(counting(kMail));
  CHECK(transaction.at(Phase::connect).message().done() == "good ");
  CHECK(transaction.end().empty());
  Bench session(counting(kConnect));
  CHECK(session.at(Phase::connect).message().done().empty());
  CHECK(session.message().done().empty());
  CHECK(session.end() == "good ");
  CHECK(session.end().empty());
}

TEST_CASE("each transaction has its own outcome") {
  double score = 6;
  Bench bench(counting(kMail), link("content", kMessage, scored(),
                                    [&](Phase, const Transaction&, Facts&) { return Finding::score_of(score, ""); }));
  CHECK(bench.message().done() == "bad ");
  score = 0.5;
  CHECK(bench.message().done() == "good ");
  score = 3;
  CHECK(bench.message().done().empty());
  CHECK(bench.end().empty());
}

TEST_CASE("one bad message makes a session bad") {
  double score = 0;
  Bench bench(counting(kConnect), link("content", kMessage, scored(), [&](Phase, const Transaction&, Facts&) {
                return Finding::score_of(score, "");
              }));
  bench.at(Phase::connect).message();
  score = 6;
  bench.message();
  score = 0;
  bench.message();
  CHECK(bench.end() == "bad ");
}

TEST_CASE("what filters want done tells, too, but for deferrals and failures") {
  const auto outcome = [](Action action) {
    Bench bench(counting(kConnect), finds("other", kMail, enforced(), Finding::act(action, 0, "", "")));
    return bench.at(Phase::connect).at(Phase::mail).at(Phase::rcpt).end();
  };
  CHECK(outcome(Action::tag) == "bad ");
  CHECK(outcome(Action::quarantine) == "bad ");
  CHECK(outcome(Action::discard) == "bad refused ");
  CHECK(outcome(Action::reject) == "bad refused ");
  CHECK(outcome(Action::disconnect) == "bad refused ");
  CHECK(outcome(Action::defer).empty());
  CHECK(outcome(Action::delay).empty());
  FilterUse strict = enforced();
  strict.on_error = FilterUse::OnError::reject;
  Bench failing(counting(kConnect), finds("other", kMail, strict, Finding::fail("")));
  CHECK(failing.at(Phase::connect).at(Phase::mail).end().empty());
}

TEST_CASE("what is only observed does not count") {
  FilterUse use;
  use.mode = FilterUse::Mode::observe;
  Bench bench(counting(kMail), finds("other", kMessage, use, Finding::act(Action::reject, 9, "", "")));
  CHECK(bench.message().done() == "good ");
}

TEST_CASE("who asks is not believed himself") {
  Bench bench(counting(kConnect | kMail, Finding::act(Action::reject, 9, "", "")));
  CHECK(bench.at(Phase::connect).message().done().empty());  // refused, and not by others
  CHECK(bench.end().empty());
}

TEST_CASE("a transaction that is broken off is never good, and bad if it was by then") {
  Bench quiet(counting(kMail));
  CHECK(quiet.at(Phase::mail).at(Phase::rcpt).at(Phase::mail).done().empty());
  CHECK(quiet.end().empty());
  Bench bad(counting(kMail), finds("other", kRcpt, scored(), Finding::score_of(7, "")));
  CHECK(bad.at(Phase::mail).at(Phase::rcpt).at(Phase::mail).done() == "bad ");
  CHECK(bad.at(Phase::rcpt).end() == "bad ");
}

TEST_CASE("a session that is refused before any message is refused") {
  Bench bench(counting(kConnect), finds("other", kConnect, enforced(), Finding::act(Action::disconnect, 0, "", "")));
  CHECK(bench.at(Phase::connect).end() == "bad refused ");
}

TEST_CASE("of whom somebody allows nothing is said") {
  Bench bench(counting(kConnect), finds("other", kConnect, scored(), Finding::score_of(9, "")),
              finds("access", kMail, enforced(), Finding::allow("")));
  CHECK(bench.at(Phase::connect).message().end().empty());
}

TEST_CASE("who repeats himself wants it once, and nothing that he wanted of a HELO before") {
  Bench bench(counting(bit(Phase::helo)));
  bench.at(Phase::helo).at(Phase::helo).message();
  CHECK(bench.end() == "good ");
  Bench recipients(counting(kRcpt));
  CHECK(recipients.at(Phase::mail).at(Phase::rcpt).at(Phase::rcpt).at(Phase::message).done() == "good ");
}

TEST_CASE("who wants too much done has failed") {
  Bench bench(link("greedy", kConnect, scored(), [](Phase, const Transaction&, Facts& facts) {
    for (std::size_t i = 0; i <= Facts::kMostOperations; ++i) facts.at_end(Outcome::good, named("x"));
    return Finding{};
  }));
  bench.at(Phase::connect);
  REQUIRE(bench.session.findings().trace().entries.size() == 1);
  CHECK(bench.session.findings().trace().entries.front().reason ==
        "asks for too much: more than 10 operations at the end in a phase");
}
