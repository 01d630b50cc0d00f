/// fate_test.cc: what verdicts come to.
#include "filter/fate.h"

#include <catch2/catch.hpp>

#include "filter/trace.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

struct Told {
  Phase phase;
  Action action = Action::pass;
};

SessionFate after(std::initializer_list<Told> session) {
  SessionFate fate;
  for (const Told& told : session) {
    Verdict verdict;
    verdict.action = told.action;
    verdict.by = told.action == Action::pass ? "" : std::string(name_of(told.phase));
    verdict.reason = verdict.by;
    fate.begin(told.phase);
    fate.decided(verdict);
  }
  return fate;
}

std::string of_message(std::initializer_list<Told> session, const Findings::Marked& marked = {}) {
  const Upshot upshot = after(session).of(About::message, marked);
  return std::string(name_of(upshot.fate)) + " " + upshot.by + " " + upshot.reason;
}

constexpr Told kConnect{Phase::connect}, kMail{Phase::mail}, kRcpt{Phase::rcpt}, kMessage{Phase::message};

}  // namespace

TEST_CASE("fate: the first that lets nothing through") {
  CHECK(of_message({}) == "accepted  ");
  CHECK(of_message({kConnect, kMail, kRcpt, kMessage}, {store::Mark::quarantine, "score"}) == "quarantined score ");
  CHECK(of_message({{Phase::connect, Action::disconnect}, {Phase::mail, Action::defer}, kRcpt, kMessage}) ==
        "rejected connect connect");
  CHECK(of_message({kMail, kRcpt, {Phase::headers, Action::defer}, {Phase::message, Action::reject}}) ==
        "deferred headers headers");
  CHECK(of_message({kMail, kRcpt, {Phase::message, Action::discard}}) == "discarded message message");
  CHECK(after({{Phase::connect, Action::reject}}).is_over());
  CHECK_FALSE(after({kMail, {Phase::rcpt, Action::reject}}).is_over());
}

TEST_CASE("fate: HELO and MAIL begin anew") {
  CHECK(of_message({kConnect, {Phase::helo, Action::reject}, {Phase::helo}, kMail, kRcpt, kMessage}) == "accepted  ");
  CHECK(of_message({{Phase::mail, Action::reject}, kMail, kRcpt, kMessage}) == "accepted  ");
  CHECK(of_message({kMail, {Phase::rcpt, Action::reject}, kMail, kRcpt, kMessage}) == "accepted  ");
}

TEST_CASE("fate: a message goes to whom it may; whose fault it is that nobody gets it, several are not told") {
  const Told reject{Phase::rcpt, Action::reject}, defer{Phase::rcpt, Action::defer}, drop{Phase::rcpt, Action::discard};
  CHECK(of_message({kMail, reject, kRcpt, kMessage}) == "accepted  ");
  CHECK(of_message({kMail, reject, kMessage}) == "rejected rcpt rcpt");
  CHECK(of_message({kMail, drop, reject, defer, reject, kMessage}) == "deferred rcpt ");
  CHECK(after({kMail, reject, kMessage}).is_over());
  CHECK(after({kMail, kRcpt, reject}).of(About::recipient, {}).fate == Fate::rejected);
  CHECK(after({kMail, reject, kRcpt}).of(About::recipient, {}).fate == Fate::accepted);
  CHECK(after({kMail, reject}).of(About::unasked_recipient, {}).fate == Fate::accepted);
  CHECK(after({{Phase::connect, Action::reject}, kMail}).of(About::unasked_recipient, {}).fate == Fate::rejected);
}

TEST_CASE("fate: it goes with a message as a line, whatever is in it") {
  Trace trace;
  trace.shadow = Upshot{Fate::tagged, "score", 6.5, "a\tb\n\\c"};
  const auto back = parse_trace(format_trace(trace));
  REQUIRE((back && back->shadow));
  CHECK(back->shadow->fate == Fate::tagged);
  CHECK(back->shadow->by == "score");
  CHECK(back->shadow->score == 6.5);
  CHECK(back->shadow->reason == "a\tb\n\\c");
  trace.shadow->reason.assign(10'000, 'x');
  CHECK(parse_trace(format_trace(trace))->shadow->reason.size() == 500);
  CHECK_FALSE(parse_trace("1\tnone\t0\nshadow\tlost\t0\t\t\n"));
  CHECK_FALSE(parse_trace("1\tnone\t0\nshadow\ttagged\tx\t\t\n"));
  CHECK_FALSE(parse_trace("1\tnone\t0\nshadow\ttagged\n"));
}
