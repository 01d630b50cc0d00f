/// session_phases_test.cc: when filters are asked, and what their verdicts do to the dialog.
#include <catch2/catch.hpp>

#include "smtp/dialog.h"
#include "smtp/session.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;

TEST_CASE("a filter asked about a recipient sees it, and a delivery has all that was accepted") {
  Session session(default_policy(bit(filter::Phase::rcpt)), "id", {});
  session.consume("EHLO a\r\nMAIL FROM:<a@b.test> BODY=8BITMIME SIZE=7\r\nRCPT TO:<U1@example.org>\r\n");
  REQUIRE(session.want() == Want::verdict);
  CHECK(session.transaction().recipients.back().inbox.name() == "u1");
  CHECK(session.transaction().eight_bit);
  CHECK(session.transaction().declared_size == 7);
  session.answer(filter::Verdict{});
  session.consume("RCPT TO:<u2@example.org>\r\n");
  filter::Verdict reject;
  reject.action = filter::Action::reject;
  session.answer(reject);
  session.consume("DATA\r\nx\r\n.\r\n");
  REQUIRE(session.want() == Want::delivery);
  const mail::Transaction taken = session.take_transaction();
  CHECK(envelope_of(taken) == "a@b.test -> u1");
  CHECK(taken.recipients.front().address.local == "U1");
  CHECK(taken.helo == "a");
  CHECK(taken.esmtp);
}

TEST_CASE("the packet of a peer is there when he connects, and is nobody else's") {
  auto policy = std::make_shared<Policy>(*default_policy(bit(filter::Phase::connect)));
  policy->config.xclient.networks = {Network::parse("::").value()};
  Opening opening;
  opening.peer.syn = "headers";
  Session session(policy, "id", opening);
  REQUIRE(session.want() == Want::verdict);
  CHECK(session.transaction().peer.syn == "headers");
  session.answer(filter::Verdict{});
  CHECK(session.transaction().peer.syn.empty());  // kept no longer
  session.consume("XCLIENT ADDR=192.0.2.1\r\n");
  session.admitted();
  REQUIRE(session.want() == Want::verdict);
  CHECK(session.transaction().peer.syn.empty());
}

TEST_CASE("a refusal is told as the peer heard it, with what the filter says of it") {
  struct Case {
    filter::Phase phase;
    std::string reply;
    int code;
  };
  for (const Case& c : {Case{filter::Phase::rcpt, "451 4.7.1 greylisted", 451}, Case{filter::Phase::rcpt, "", 450},
                        Case{filter::Phase::connect, "", 421}, Case{filter::Phase::mail, "553 5.1.8 no", 553}}) {
    Session session(default_policy(bit(c.phase)), "id", {});
    session.take_output();
    session.consume("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u1@example.org>\r\n");
    session.take_output();
    REQUIRE(session.want() == Want::verdict);
    filter::Verdict verdict;
    verdict.action = filter::Action::defer;
    verdict.reply = c.reply;
    verdict.reason = "seen 3 s ago";
    verdict.by = "greylist";
    verdict.evidence = true;
    session.answer(verdict);
    const std::vector<Refusal> refusals = session.take_refusals();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].code == c.code);
    CHECK(session.take_output().substr(0, 3) == std::to_string(c.code));
    CHECK(refusals[0].reason == "filter");
    CHECK(refusals[0].why == "seen 3 s ago");
    CHECK(refusals[0].by == "greylist");
    CHECK(refusals[0].evidence);
    CHECK((refusals[0].of == Refusal::Of::recipient) == (c.phase == filter::Phase::rcpt));
  }
}

TEST_CASE("where there is no verdict, the peer is to come again, at each phase") {
  for (const filter::Phase phase : {filter::Phase::connect, filter::Phase::helo, filter::Phase::mail,
                                    filter::Phase::rcpt, filter::Phase::headers, filter::Phase::message}) {
    CAPTURE(static_cast<int>(phase));
    Session session(default_policy(bit(phase)), "id", {});
    session.consume(
        "EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u1@example.org>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n");
    REQUIRE(session.want() == Want::verdict);
    session.take_output();
    session.unjudged("a filter hangs");
    if (phase == filter::Phase::headers) session.consume("x\r\n.\r\n");
    const bool at_connect = phase == filter::Phase::connect;
    CHECK(session.take_output() ==
          std::string(at_connect ? "421" : "451") + " 4.3.0 cannot check this now, try again later [id]\r\n");
    CHECK(session.want() == (at_connect ? Want::close : Want::input));
    const std::vector<Refusal> refusals = session.take_refusals();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].reason == "filter_failed");
    CHECK(refusals[0].why == "a filter hangs");
  }
}

TEST_CASE("each message that is discarded is told, with the reason of the verdict") {
  Session session(default_policy(bit(filter::Phase::helo) | bit(filter::Phase::message)), "id", {});
  const std::string message = "MAIL FROM:<a@b.test>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nx\r\n.\r\n";
  const auto answer = [&](filter::Action action, const char* reason) {
    REQUIRE(session.want() == Want::verdict);
    filter::Verdict verdict;
    verdict.action = action;
    verdict.reason = reason;
    verdict.by = reason;
    verdict.evidence = true;
    session.answer(verdict);
  };
  session.consume("HELO a\r\n");
  answer(filter::Action::discard, "known for it");
  for (const bool twice : {false, true}) {  // the message's own verdict goes before the session's
    session.consume(message);
    answer(twice ? filter::Action::discard : filter::Action::pass, "a virus");
    const std::vector<Refusal> refusals = session.take_refusals();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].is_discard());
    CHECK(refusals[0].code == 250);
    CHECK(refusals[0].of == Refusal::Of::message);
    CHECK(refusals[0].why == (twice ? "a virus" : "known for it"));
    CHECK(refusals[0].by == refusals[0].why);
    CHECK(refusals[0].evidence);
    CHECK(refusals[0].from == "a@b.test");
    CHECK(refusals[0].to == "u@example.org");
  }
}

TEST_CASE("phases are counted as often as a session comes to them") {
  Session session(default_policy(0), "id", {});
  session.consume(
      "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nRCPT TO:<v@example.org>\r\nRCPT TO:<w@elsewhere.test>\r\n");
  session.consume("DATA\r\nSubject: x\r\n\r\n.\r\n");
  REQUIRE(session.want() == Want::delivery);
  session.take_transaction();
  session.answer(Result<store::MessageId>(store::MessageId::trusted("x")));
  session.consume("MAIL FROM:<>\r\n");
  CHECK(session.phases() == Session::Phases{1, 1, 2, 2, 1, 1});
}

TEST_CASE("a recipient who is discarded hears 250, and the message goes to the others") {
  Session session(default_policy(bit(filter::Phase::rcpt)), "id", {});
  filter::Verdict discard;
  discard.action = filter::Action::discard;
  discard.reason = "a trap";
  for (const bool another : {true, false}) {
    session.consume("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<trap@example.org>\r\n");
    session.take_output();
    session.answer(discard);
    CHECK(session.take_output().starts_with("250 "));
    if (another) {
      session.consume("RCPT TO:<bob@example.org>\r\n");
      session.answer(filter::Verdict{});
    }
    session.consume("DATA\r\nx\r\n.\r\n");
    if (another) {
      REQUIRE(session.want() == Want::delivery);
      CHECK(envelope_of(session.take_transaction()) == "a@b.test -> bob");
      session.answer(store::MessageId::trusted("x"));
      continue;
    }
    CHECK(session.want() == Want::input);
    const std::vector<Refusal> refusals = session.take_refusals();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals.front().is_discard());
    CHECK(refusals.front().why == "a trap");
  }
}

TEST_CASE("a client that does not wait for its turn is seen, until the message is done") {
  Session session(default_policy(bit(filter::Phase::message)), "id", {});
  session.heard_early();
  session.consume("EHLO a\r\nMAIL FROM:<a@b.test>\r\n");
  CHECK(session.transaction().early.helo);
  session.consume("RCPT TO:<u1@example.org>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n");
  REQUIRE(session.want() == Want::verdict);
  CHECK(session.transaction().early.data);
  session.answer(filter::Verdict{});
  session.take_transaction();
  CHECK(session.transaction().early.greeting);
  CHECK(session.transaction().early.helo);
  CHECK_FALSE(session.transaction().early.data);
}

TEST_CASE("commands in a group are nobody's fault (RFC 2920)") {
  Session session(default_policy(bit(filter::Phase::message)), "id", {});
  session.consume("EHLO a\r\n");
  session.consume("MAIL FROM:<a@b.test>\r\nRCPT TO:<u1@example.org>\r\nDATA\r\n");
  session.consume("Subject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<a@b.test>\r\n");
  REQUIRE(session.want() == Want::verdict);
  const mail::Early& early = session.transaction().early;
  CHECK_FALSE((early.greeting || early.helo || early.data));
  session.answer(filter::Verdict{});
  session.take_transaction();
  session.answer(store::MessageId::make(from_millis(1'700'000'000'000)));
  session.consume("MAIL FROM:<a@b.test>\r\nRCPT TO:<u1@example.org>\r\nDATA\r\nSubject: x\r\n");
  CHECK(session.transaction().early.data);
  session.consume("\r\n.\r\n");
  REQUIRE(session.want() == Want::verdict);
  session.answer(filter::Verdict{});
  session.take_transaction();
  session.answer(store::MessageId::make(from_millis(1'700'000'000'000)));
  session.consume("RSET\r\n");
  CHECK_FALSE(session.transaction().early.data);
}
