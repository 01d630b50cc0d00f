/// case_test.cc: filters before a session: whom they wait for, what they are asked again, and what is forgotten when.
#include "filter/case.h"

#include <stdexcept>

#include "core/text.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using dns::Type;
using mail::Transaction;

namespace {

constexpr std::uint8_t kConnect = bit(Phase::connect), kHelo = bit(Phase::helo), kMail = bit(Phase::mail),
                       kRcpt = bit(Phase::rcpt), kMessage = bit(Phase::message);

/// A list of addresses as filters ask it.
Scripted::Judging listed_by(std::string zone) {
  return [zone](Phase, const Transaction& transaction, Facts& facts) {
    const dns::Answer* answer = facts.dns(*dns::Question::reverse(transaction.peer.address, Type::a, zone));
    if (!answer) return Finding{};
    if (!dns::is_known(answer->status)) return Finding::fail("no answer of " + zone);
    return answer->records.empty() ? Finding{} : Finding::score_of(3, "listed by " + zone);
  };
}

struct Bench {
  explicit Bench(std::shared_ptr<const Chain> chain) : session(std::move(chain), clock), world(clock) {}
  Verdict at(Phase phase) { return world.judge(session, phase, transaction); }

  FakeClock clock;
  Case session;
  TableWorld world;
  Transaction transaction = transaction_of("192.0.2.1");
};

}  // namespace

TEST_CASE("all lookups of a phase are asked at once, and each filter is asked again when its own are known") {
  unsigned calls = 0;
  const auto counting = [&calls](Phase phase, const Transaction& transaction, Facts& facts) {
    ++calls;
    return listed_by("one.example")(phase, transaction, facts);
  };
  Bench bench(chain_of({}, link("one", kConnect, scored(), counting),
                       link("two", kConnect, scored(2), listed_by("two.example"))));
  bench.world.put("1.2.0.192.two.example", Type::a, address("127.0.0.2"));
  const Verdict verdict = bench.at(Phase::connect);
  CHECK(bench.world.rounds == 1);
  CHECK(bench.world.asked == std::vector<std::string>{"A 1.2.0.192.one.example", "A 1.2.0.192.two.example"});
  CHECK(calls == 2);
  CHECK(verdict.score == 6);
  CHECK(verdict.action == Action::tag);
}

TEST_CASE("one lookup may lead to the next") {
  const auto chase = [](Phase, const Transaction&, Facts& facts) {
    const dns::Answer* mx = facts.dns("example.com", Type::mx);
    if (!mx) return Finding{};
    const dns::Answer* host = facts.dns(mx->records.front().text, Type::a);
    if (!host) return Finding{};
    return Finding::score_of(1, host->records.front().address.to_string());
  };
  Bench bench(chain_of({}, link("chase", kMail, scored(), chase)));
  bench.world.put("example.com", Type::mx, found({{.preference = 10, .text = "mx.example.com"}}));
  bench.world.put("mx.example.com", Type::a, address("192.0.2.25"));
  bench.at(Phase::mail);
  CHECK(bench.world.rounds == 2);
  const Trace trace = bench.session.findings().trace();
  REQUIRE(trace.entries.size() == 1);
  CHECK(trace.entries.front().reason == "192.0.2.25");
  CHECK(trace.entries.front().facts ==
        std::vector<std::string>{"MX example.com = 10 mx.example.com", "A mx.example.com = 192.0.2.25"});
}

TEST_CASE("a name that cannot be one is not there, and nobody is asked") {
  dns::Status status{};
  Bench bench(chain_of({}, link("odd", kMail, scored(), [&status](Phase, const Transaction&, Facts& facts) {
                         status = facts.dns("a..b", Type::a)->status;
                         return Finding{};
                       })));
  bench.at(Phase::mail);
  CHECK(status == dns::Status::no_name);
  CHECK(bench.world.asked.empty());
}

TEST_CASE("whose time is over goes on with what is there; the others have had their answers") {
  FilterSettings settings;
  settings.timeout = Millis(1000);
  FilterUse hasty = scored();
  hasty.timeout = Millis(300);
  Bench bench(chain_of(settings, link("hasty", kConnect, hasty, listed_by("slow.example")),
                       link("patient", kConnect, scored(), listed_by("quick.example"))));
  bench.world.silence("1.2.0.192.slow.example", Type::a);
  bench.world.put("1.2.0.192.quick.example", Type::a, address("127.0.0.2"));
  bench.session.begin(Phase::connect, bench.transaction);
  CHECK_FALSE(bench.session.advance());
  CHECK(bench.session.patience() == Millis(300));
  for (const dns::Question& question : bench.session.take_questions())
    if (question.name == "1.2.0.192.quick.example") bench.session.know(question, address("127.0.0.2"));
  CHECK_FALSE(bench.session.advance());
  bench.session.expire(Millis(299));
  CHECK_FALSE(bench.session.advance());
  bench.session.expire(Millis(300));
  CHECK(bench.session.advance());
  CHECK(bench.session.decide().score == 3);
  CHECK(bench.session.findings().trace().entries.front().failed);
  CHECK(bench.session.findings().trace().entries.front().reason == "no answer of slow.example");
}

TEST_CASE("a lookup that was given up is not asked again while it is on its way, and its answer counts when it comes") {
  Bench bench(chain_of({}, link("list", kConnect | kMail, scored(), listed_by("slow.example"))));
  bench.world.silence("1.2.0.192.slow.example", Type::a);
  bench.at(Phase::connect);
  bench.session.know(*dns::Question::make("1.2.0.192.slow.example", Type::a), address("127.0.0.2"));
  const Verdict verdict = bench.at(Phase::mail);
  CHECK(bench.world.asked.size() == 1);
  CHECK(verdict.score == 3);
}

TEST_CASE("what a filter throws, and a filter that asks on and on, cost their own opinion") {
  FilterUse strict = enforced();
  strict.on_error = FilterUse::OnError::defer;
  const auto throwing = [](Phase, const Transaction&, Facts&) -> Finding { throw std::runtime_error("oops"); };
  const auto endless = [n = 0](Phase, const Transaction&, Facts& facts) mutable {
    facts.dns("n" + std::to_string(++n) + ".example", Type::a);
    return Finding{};
  };
  const auto flood = [](Phase, const Transaction&, Facts& facts) {
    for (std::size_t i = 0; i <= Facts::kMostQuestions; ++i) facts.dns("f" + std::to_string(i) + ".example", Type::a);
    return Finding{};
  };
  const auto hoarding = [](Phase, const Transaction&, Facts& facts) {
    for (std::size_t i = 0; i <= Facts::kMostOperations; ++i)
      facts.ledger(store::Operation::get("test", std::to_string(i)));
    return Finding{};
  };
  Bench bench(chain_of({}, link("throws", kRcpt, strict, throwing), link("endless", kRcpt, scored(), endless),
                       link("flood", kRcpt, scored(), flood), link("hoards", kRcpt, scored(), hoarding),
                       finds("sound", kRcpt, scored(), Finding::score_of(1, "yes"))));
  const Verdict verdict = bench.at(Phase::rcpt);
  CHECK(verdict.action == Action::defer);
  CHECK(verdict.reason == "throws: it threw: oops");
  CHECK(verdict.reply == "450 4.3.0 cannot judge this now, come again later");
  CHECK(verdict.score == 1);
  const Trace trace = bench.session.findings().trace();
  const char* reasons[] = {"has waited 60 times in a phase: ask for all at once (facts.ask) before the first answer",
                           "asks for too much: more than 150 questions to the DNS in a phase",
                           "asks for too much: more than 10 operations of the ledger in a phase"};
  for (const std::size_t i : {1u, 2u, 3u}) {
    CHECK(trace.entries[i].failed);
    CHECK(trace.entries[i].reason == reasons[i - 1]);
  }
  CHECK(bench.world.asked.size() < Case::kMostWaits + Facts::kMostQuestions + 5);
}

TEST_CASE("a question that is refused counts once, however often it is asked, and is shown as it was asked") {
  // At HELO they ask for more, all together, than is kept of a session.
  const auto filling = [](const std::string& whose) {
    return [whose](Phase, const Transaction&, Facts& facts) {
      for (std::size_t i = 0; i < Facts::kMostQuestions; ++i)
        facts.dns(whose + std::to_string(i) + ".example", Type::a);
      return Finding{};
    };
  };
  static_assert(4 * Facts::kMostQuestions >= Knowledge::kMostAnswers);
  const auto again = [](Phase, const Transaction&, Facts& facts) {
    for (std::size_t i = 0; i <= Facts::kMostQuestions; ++i) {
      const dns::Answer* answer = facts.dns("late.example", Type::a);
      if (!answer) return Finding{};
      if (answer->status != dns::Status::refused) return Finding::score_of(1, "other");
    }
    return Finding::score_of(1, "refused");
  };
  Bench bench(chain_of({}, link("a", kHelo, scored(), filling("a")), link("b", kHelo, scored(), filling("b")),
                       link("c", kHelo, scored(), filling("c")), link("d", kHelo, scored(), filling("d")),
                       link("again", kHelo, scored(), again)));
  bench.at(Phase::helo);
  const TraceEntry entry = bench.session.findings().trace().entries.at(4);
  CHECK(entry.reason == "refused");
  CHECK(entry.facts == std::vector<std::string>{"A late.example = refused"});
}

TEST_CASE("an operation of the ledger is carried out once for each recipient, however often it is asked for") {
  std::vector<std::int64_t> sums;
  const auto count = [&sums](Phase, const Transaction& transaction, Facts& facts) {
    const auto* sum = facts.ledger(store::Operation::add("test", "messages", 1, std::chrono::minutes(1)));
    facts.dns(transaction.recipients.back().address.local + ".example", Type::a);  // it has to be asked again
    if (sum && !facts.waits()) sums.push_back((*sum)->sum);
    return Finding{};
  };
  Bench bench(chain_of({}, link("count", kRcpt, scored(), count)));
  bench.at(Phase::rcpt);
  bench.transaction = transaction_of("192.0.2.1", "a@example.com", {"bob@localhost", "eve@localhost"});
  bench.at(Phase::rcpt);
  CHECK(bench.world.errands == 2);
  CHECK(sums == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a filter hears what those before it tell, and waits for them") {
  static constexpr std::string_view kTells[] = {"colour"};
  const auto teller = [](Phase, const Transaction&, Facts& facts) {
    if (!facts.dns("paint.example", Type::txt)) return Finding{};
    facts.tell("colour", facts.dns("paint.example", Type::txt)->records.front().text);
    facts.tell("shape", "round");  // not one of its facts
    return Finding{};
  };
  std::string heard, too_early, of_nobody = "?";
  const auto listener = [&](Phase, const Transaction&, Facts& facts) {
    const std::string* colour = facts.told("colour");
    if (!colour) return Finding{};
    heard = *colour;
    of_nobody = *facts.told("shape");
    return Finding{};
  };
  const auto early = [&](Phase, const Transaction&, Facts& facts) {
    too_early = *facts.told("colour");
    return Finding{};
  };
  Bench bench(chain_of({}, link("early", kMail, scored(), early), link("teller", kMail, scored(), teller, kTells),
                       link("listener", kMail | kRcpt, scored(), listener)));
  bench.world.put("paint.example", Type::txt, text("blue"));
  bench.at(Phase::mail);
  CHECK(heard == "blue");
  CHECK(too_early.empty());
  CHECK(of_nobody.empty());
  heard.clear();
  bench.at(Phase::rcpt);  // of an earlier phase: still there
  CHECK(heard == "blue");
  bench.world.silence("paint2.example", Type::txt);
  bench.session.begin(Phase::mail, bench.transaction);
  heard = "?";
  CHECK(bench.session.advance());  // another transaction; the answer is known
  CHECK(heard == "blue");
}

TEST_CASE("what a filter works out once is kept from try to try, and no longer than for a phase") {
  int made = 0;
  std::vector<int> seen;
  const auto judging = [&](Phase, const Transaction&, Facts& facts) {
    seen.push_back(facts.once<int>([&] { return ++made; }));
    facts.dns("a.example", Type::a);
    return Finding{};
  };
  Bench bench(chain_of({}, link("one", kMail | kRcpt, scored(), judging), link("two", kMail, scored(), judging)));
  bench.at(Phase::mail);
  CHECK(seen == std::vector{1, 2, 1, 2});
  bench.at(Phase::rcpt);
  CHECK(seen.back() == 3);
}

TEST_CASE("who waits for a filter that has no time left goes on without") {
  static constexpr std::string_view kTells[] = {"colour"};
  bool heard = false;
  const auto slow = [](Phase, const Transaction&, Facts& facts) {
    facts.dns("silent.example", Type::a);
    return Finding{};
  };
  const auto listener = [&](Phase, const Transaction&, Facts& facts) {
    const std::string* colour = facts.told("colour");
    heard = colour && colour->empty();
    return Finding{};
  };
  Bench bench(chain_of({}, link("slow", kMail, scored(), slow, kTells), link("listener", kMail, scored(), listener)));
  bench.world.silence("silent.example", Type::a);
  bench.at(Phase::mail);
  CHECK(heard);
}

TEST_CASE("a HELO makes void what came of the one before it, a MAIL the transaction before") {
  Bench bench(chain_of({}, finds("c", kConnect, scored(), Finding::score_of(1, "c")),
                       finds("h", kHelo, scored(), Finding::score_of(10, "h")),
                       finds("m", kMail, scored(), Finding::score_of(100, "m"))));
  bench.at(Phase::connect);
  CHECK(bench.at(Phase::helo).score == 11);
  CHECK(bench.at(Phase::helo).score == 11);
  CHECK(bench.at(Phase::mail).score == 111);
  CHECK(bench.at(Phase::rcpt).score == 111);
  CHECK(bench.at(Phase::mail).score == 111);
  CHECK(bench.at(Phase::helo).score == 11);
}

TEST_CASE("a message has of its recipients the worst that each filter found, and nothing of those who were refused") {
  const auto by_name = [](Phase, const Transaction& transaction, Facts&) {
    const std::string& local = transaction.recipients.back().address.local;
    if (local == "refused") return Finding::act(Action::reject, 50, "5.7.1 no", "nobody");
    return Finding::score_of(local == "bad" ? 4 : 1, local);
  };
  Bench bench(chain_of({}, link("names", kRcpt, enforced(), by_name), finds("end", kMessage, scored(), Finding{})));
  bench.at(Phase::mail);
  const auto rcpt = [&](const char* name) {
    bench.transaction = transaction_of("192.0.2.1", "a@example.com", {std::string(name) + "@localhost"});
    return bench.at(Phase::rcpt);
  };
  CHECK(rcpt("good").score == 1);
  CHECK(rcpt("bad").score == 4);
  CHECK(rcpt("refused").reply == "550 5.7.1 no");
  CHECK(rcpt("good").score == 1);  // what others did is not his
  CHECK(bench.at(Phase::message).score == 4);
  for (int i = 0; i < 1000; ++i) rcpt("good");
  CHECK(rcpt("refused").refuses());
  bench.session.settle_recipient();
  CHECK(bench.session.findings().trace().score == 4);  // of the message, though a recipient was asked about last
  bench.at(Phase::message);
  CHECK(bench.session.findings().trace().entries.size() == 2);
}

TEST_CASE("a service is asked once for each recipient, however often it is asked for, and not without end") {
  const auto request = [](std::string body) {
    return std::make_shared<const service::Request>(
        service::HttpRequest{*service::HttpUrl::parse("http://127.0.0.1/"), {}, std::move(body)});
  };
  const auto asks = [&](Phase phase, const Transaction&, Facts& facts) {
    const auto* one = facts.call(request(phase == Phase::rcpt ? "x" : "y"));
    const auto* again = facts.call(request(phase == Phase::rcpt ? "x" : "y"));
    if (!one || !again) return Finding{};
    if (!*one) return Finding::fail(one->error().what);
    const auto& answer = std::get<service::HttpAnswer>(**again);
    return Finding::score_of(answer.status, answer.body);
  };
  Bench bench(chain_of({}, link("one", kRcpt | kMail, scored(), asks), link("two", kRcpt, scored(), asks),
                       link("greedy", kMail, scored(), [&](Phase, const Transaction&, Facts& facts) {
                         for (std::size_t i = 0; i <= Facts::kMostCalls; ++i) facts.call(request(std::to_string(i)));
                         return Finding{};
                       })));
  bench.world.serve("127.0.0.1:80/", service::HttpAnswer{2, "said"});
  bench.at(Phase::mail);
  CHECK(bench.session.findings().trace().entries.at(1).reason ==
        "asks for too much: more than 4 calls of services in a phase");
  bench.world.called.clear();
  CHECK(bench.at(Phase::rcpt).score == 6);  // two at RCPT, and MAIL's
  CHECK(bench.world.called == std::vector<std::string>{"x"});
  bench.at(Phase::rcpt);
  CHECK(bench.world.called == std::vector<std::string>{"x", "x"});
}

TEST_CASE("who wants all that is told waits for those before it, and for nobody behind") {
  static constexpr std::string_view kOne[] = {"one"}, kLast[] = {"last"};
  std::string seen;
  const auto tells = [](std::string_view fact) {
    return [fact](Phase, const Transaction&, Facts& facts) {
      if (!facts.dns("a.example", Type::a)) return Finding{};
      facts.tell(fact, "told");
      return Finding{};
    };
  };
  Bench bench(chain_of({}, link("one", kConnect, scored(), tells("one"), kOne),
                       link("asks", kConnect | kHelo, scored(),
                            [&](Phase, const Transaction&, Facts& facts) {
                              const Facts::Told* told = facts.all_told();
                              if (!told) return Finding{};
                              for (const auto& [fact, value] : *told)
                                seen += std::string(fact) + "=" + std::string(value) + " ";
                              return Finding{};
                            }),
                       link("last", kConnect, scored(), tells("last"), kLast)));
  bench.at(Phase::connect);
  CHECK(seen == "one=told ");
  bench.at(Phase::helo);
  CHECK(seen == "one=told one=told ");
}

TEST_CASE("in a hurry the DNS is not waited for, and a service is") {
  const FakeClock clock;
  const Transaction transaction = transaction_of("192.0.2.1");
  Case session(chain_of({}, link("list", kConnect, scored(), listed_by("list.example")),
                        link("service", kConnect, scored(),
                             [](Phase, const Transaction&, Facts& facts) {
                               facts.call(std::make_shared<const service::Request>());
                               return Finding{};
                             })),
               clock);
  session.begin(Phase::connect, transaction);
  CHECK_FALSE(session.advance());
  CHECK(session.can_hurry());
  session.hurry();
  CHECK_FALSE(session.advance());
  CHECK_FALSE(session.can_hurry());
  CHECK(session.patience());
  session.know_call(session.take_calls().at(0)->number, service::HttpAnswer{});
  CHECK(session.advance());
}
