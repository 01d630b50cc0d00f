/// case_recipients_test.cc: what is told of whom, where there are several.
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

TEST_CASE("what was found of one of several recipients is not for the others to read") {
  const auto by_name = [](Phase, const mail::Transaction& transaction, Facts& facts) {
    const std::string& local = transaction.recipients.back().address.local;
    if (!facts.dns(local + ".example", dns::Type::a)) return Finding{};
    return Finding::score_of(local == "secret" ? 3 : 1, "for " + local);
  };
  const FakeClock clock;
  TableWorld world(clock);
  Case session(chain_of({}, link("names", bit(Phase::rcpt), scored(), by_name)), clock);
  const mail::Transaction one = transaction_of("192.0.2.1", "a@example.com", {"secret@localhost"});
  const mail::Transaction two = transaction_of("192.0.2.1", "a@example.com", {"secret@localhost", "bob@localhost"});
  world.judge(session, Phase::mail, one);
  world.judge(session, Phase::rcpt, one);
  session.settle_recipient();
  CHECK(session.findings().trace().entries.front().reason == "for secret");
  world.judge(session, Phase::mail, one);
  world.judge(session, Phase::rcpt, one);
  world.judge(session, Phase::rcpt, two);
  session.settle_recipient();
  const Trace trace = session.findings().trace();
  CHECK(trace.score == 3);
  CHECK(trace.entries.front().score == 3);
  CHECK(trace.entries.front().reason.empty());
  CHECK(trace.entries.front().facts.empty());
}

TEST_CASE("what was found of a refused recipient is told of him, and of nobody else") {
  const auto by_name = [](Phase, const mail::Transaction& transaction, Facts&) {
    const std::string& local = transaction.recipients.back().address.local;
    return local == "no" ? Finding::act(Action::reject, 3, "", "for no") : Finding::score_of(1, "for " + local);
  };
  const FakeClock clock;
  TableWorld world(clock);
  Case session(chain_of({}, finds("client", bit(Phase::connect), scored(), Finding::score_of(2, "x")),
                        link("names", bit(Phase::rcpt), enforced(), by_name)),
               clock);
  const mail::Transaction bob = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost"});
  const mail::Transaction no = transaction_of("192.0.2.1", "a@example.com", {"no@localhost"});
  const auto reasons = [&session] {
    std::string all;
    for (const TraceEntry& entry : session.findings().trace().entries) all += entry.reason + ";";
    return all;
  };
  world.judge(session, Phase::connect, bob);
  world.judge(session, Phase::mail, bob);
  world.judge(session, Phase::rcpt, bob);
  CHECK(world.judge(session, Phase::rcpt, no).refuses());
  CHECK(reasons() == "x;for no;");
  CHECK(session.findings().trace().score == 5);
  session.pass_over_recipient();
  CHECK(reasons() == "x;");
  CHECK(session.findings().trace().score == 2);
  session.settle_recipient();
  CHECK(reasons() == "x;for bob;");  // he was the only one who was let in
  session.begin(Phase::rcpt, no);    // there is no verdict, so he is put off
  CHECK(session.advance());
  session.settle_recipient();
  CHECK(reasons() == "x;for bob;");
}
