/// live_judge_test.cc: cases on a loop: whom they wait for, for how long, and what becomes of an answer nobody awaits.
#include "filter/live_judge.h"

#include "filter/breaker.h"
#include "filter/counted_chain.h"
#include "filter/live_kit.h"
#include "filter/outage.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using dns::Type;

TEST_CASE("facts come at once or later, and the verdict when all are there") {
  Stage stage(chain_of({}, looks_up("now.example"), looks_up("later.example")));
  stage.resolver.at_once["now.example"] = address("127.0.0.2");
  stage.resolver.later["later.example"] = found({{.text = "x"}, {.text = "y"}});
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 3);
  Judgement judgement;
  stage.on_loop([&] { judgement = stage.trial->judgement(About::message); });
  CHECK(judgement.score == 3.F);
  CHECK(parse_trace(judgement.verdicts)->entries.size() == 2);
}

TEST_CASE("operations of the ledger go through the bookkeeper and come back to the loop") {
  std::thread::id thread;
  Stage stage(chain_of({}, link("count", kConnect, scored(), [&](Phase, const mail::Transaction&, Facts& facts) {
                         const auto* sum = facts.ledger(store::Operation::add("test", "x", 5, std::chrono::hours(1)));
                         if (!sum) return Finding{};
                         thread = std::this_thread::get_id();
                         return Finding::score_of(static_cast<double>((*sum)->sum), "sum");
                       })));
  std::thread::id loop;
  stage.on_loop([&] { loop = std::this_thread::get_id(); });
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 5);
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 10);
  CHECK(thread == loop);
}

TEST_CASE("a resolver that hangs costs its filters their answers, and the session their timeout") {
  FilterSettings settings;
  settings.timeout = Millis(100);
  const auto awaits = [](Phase phase, const mail::Transaction&, Facts& facts) {
    const dns::Answer* answer = facts.dns("silent.example", Type::a);
    if (!answer || !dns::is_known(answer->status)) return Finding::fail("no answer");
    return Finding::score_of(phase == Phase::mail ? 4 : 100, "found");
  };
  Stage stage(chain_of(settings, link("list", kConnect | bit(Phase::mail), scored(), awaits),
                       finds("other", kConnect, scored(), Finding::score_of(1, "x"))));
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 1);
  // The question is still on its way: it is not asked again, and its answer counts when it comes.
  std::future<Verdict> verdict = stage.ask(Phase::mail);
  stage.on_loop([&] {
    CHECK(stage.resolver.asked == 1);
    CHECK(stage.resolver.sources == std::set<IpAddress>{*IpAddress::parse("192.0.2.1")});
    TableResolver::tell(stage.resolver.waiting.begin()->second, address("127.0.0.2"));
  });
  CHECK(Stage::wait(std::move(verdict)).score == 5);
}

TEST_CASE("a session may end while its facts are on their way") {
  Stage stage(chain_of({}, looks_up("silent.example"),
                       link("count", kConnect, scored(), [](Phase, const mail::Transaction&, Facts& facts) {
                         facts.ledger(store::Operation::add("test", "x", 5, std::chrono::hours(1)));
                         return Finding{};
                       })));
  std::future<Verdict> verdict = stage.ask(Phase::connect);
  stage.on_loop([&] { stage.trial.reset(); });
  CHECK_THROWS(Stage::wait(std::move(verdict)));  // its promise is gone
  stage.on_loop([&] { TableResolver::tell(stage.resolver.waiting.begin()->second, address("127.0.0.2")); });
}

TEST_CASE("the next question may be put before the last one is answered") {
  Stage stage(chain_of({}, looks_up("silent.example")));
  std::future<Verdict> first = stage.ask(Phase::connect);
  std::future<Verdict> second = stage.ask(Phase::mail);
  CHECK_THROWS(Stage::wait(std::move(first)));
  stage.on_loop([&] { TableResolver::tell(stage.resolver.waiting.begin()->second, address("127.0.0.2")); });
  CHECK(Stage::wait(std::move(second)).score == 1);
}

TEST_CASE("a session keeps the filters that it began with") {
  Stage stage(chain_of({}, finds("old", kConnect, scored(), Finding::score_of(1, "x"))));
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 1);
  stage.judge.apply(chain_of({}, finds("new", bit(Phase::helo), scored(), Finding::score_of(2, "x"))));
  CHECK(stage.judge.terms().phases == (bit(Phase::helo) | bit(Phase::mail) | bit(Phase::rcpt) | bit(Phase::message)));
  CHECK(Stage::wait(stage.ask(Phase::helo)).score == 1);
  stage.on_loop([&] { stage.trial.reset(); });
  CHECK(Stage::wait(stage.ask(Phase::helo)).score == 2);
}

TEST_CASE("what filters find is counted, each by itself") {
  Stage stage(chain_of({}, finds("bad", kConnect, scored(), Finding::score_of(1, "x")),
                       finds("good", kConnect, {.mode = FilterUse::Mode::observe}, Finding::score_of(-1, "x")),
                       finds("none", kConnect, scored(), Finding{}),
                       finds("broken", kConnect, scored(), Finding::fail("x"))));
  Stage::wait(stage.ask(Phase::connect));
  Stage::wait(stage.ask(Phase::mail));  // nobody is asked there
  const auto counted = [&](const std::string& filter, const std::string& result) {
    return stage.metrics.total("maildrop_filter_findings_total", "filter=\"" + filter + "\",result=\"" + result + "\"");
  };
  CHECK(counted("bad", "against") == 1);
  CHECK(counted("good", "in_favour") == 1);
  CHECK(counted("none", "silent") == 1);
  CHECK(counted("broken", "failed") == 1);
  CHECK(stage.metrics.total("maildrop_filter_findings_total") == 4);
}

TEST_CASE("what filters did is counted, and a mark once for a message that is let in") {
  constexpr FilterUse kEnforced{.mode = FilterUse::Mode::enforce};
  Stage stage(chain_of({}, finds("marks", kConnect, kEnforced, Finding::act(Action::tag, 0, "", "x")),
                       finds("refuses", bit(Phase::rcpt), kEnforced, Finding::act(Action::defer, 0, "", "x"))));
  const auto counted = [&](const std::string& filter, const std::string& action) {
    return stage.metrics.total("maildrop_filter_actions_total", "filter=\"" + filter + "\",action=\"" + action + "\"");
  };
  for (const Phase phase : {Phase::connect, Phase::helo, Phase::mail, Phase::rcpt, Phase::rcpt})
    Stage::wait(stage.ask(phase));
  CHECK(counted("refuses", "defer") == 2);
  CHECK(stage.metrics.total("maildrop_filter_actions_total") == 2);
  Stage::wait(stage.ask(Phase::message));
  CHECK(counted("marks", "tag") == 1);
  CHECK(stage.metrics.total("maildrop_filter_actions_total") == 3);
}

TEST_CASE("a DNS that answers nobody is an outage, in which it is not waited for") {
  FilterSettings settings;
  settings.timeout = std::chrono::hours(1);
  Stage stage(chain_of(settings, looks_up("a.example"), looks_up("b.example")));
  const auto gauge = [&] { return stage.metrics.gauge("maildrop_filter_outage", "", "source=\"dns\"").value(); };
  const auto sessions = [&](unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
      Stage::wait(stage.ask(Phase::connect));
      stage.on_loop([&] { stage.trial.reset(); });
    }
  };
  const auto both = [&](dns::Answer one, dns::Answer other) {
    stage.on_loop([&] {
      stage.resolver.at_once["a.example"] = std::move(one);
      stage.resolver.at_once["b.example"] = std::move(other);
    });
  };
  const dns::Answer no_name{.status = dns::Status::no_name};
  dns::Answer cached = no_name;
  cached.source = dns::Source::cache;
  const dns::Answer failed = no_answer(dns::Status::failed), refused = no_answer(dns::Status::refused);
  for (const auto& [one, other] : {std::pair{failed, no_name}, {refused, refused}, {cached, cached}}) {
    both(one, other);  // one domain that is dead; what we refuse ourselves; a cache
    sessions(2 * Outage::kSessions);
    CHECK(gauge() == 0);
  }
  both(failed, cached);
  sessions(Outage::kSessions);
  CHECK(gauge() == 1);
  CHECK(stage.judge.impaired() == "filters have no answers: dns\n");
  CHECK_FALSE(stage.judge.dns_answers());
  stage.on_loop([&] { stage.resolver.at_once.clear(); });
  Stage::wait(stage.ask(Phase::connect));  // nobody answers, and yet there is a verdict within the hour
  CHECK(gauge() == 1);
  stage.on_loop([&] { stage.trial.reset(); });
  both(no_name, failed);
  sessions(1);
  CHECK(gauge() == 0);
}

TEST_CASE("a filter that fails at a phase each time is told, until it does not or is another one") {
  bool broken = true;
  const auto faulty = [&](Phase phase, const mail::Transaction&, Facts&) {
    return broken && phase == Phase::mail ? Finding::fault("line 1: \x1b no") : Finding{};
  };
  const auto chain = [&] {
    return chain_of({}, link("greedy", kConnect | bit(Phase::mail), scored(), faulty),
                    finds("asks", bit(Phase::mail), scored(), Finding::fail("no answer")));
  };
  Stage stage(chain());
  const auto ask = [&](unsigned times) {
    for (unsigned i = 0; i < times; ++i)
      for (const Phase phase : {Phase::connect, Phase::mail}) Stage::wait(stage.ask(phase));
  };
  ask(CountedChain::kFailing - 1);
  CHECK(stage.judge.impaired().empty());
  ask(1);
  CHECK(stage.judge.impaired() == "filter greedy fails: line 1: \uFFFD no\n");
  broken = false;
  ask(1);
  CHECK(stage.judge.impaired().empty());
  broken = true;
  ask(CountedChain::kFailing);
  CHECK_FALSE(stage.judge.impaired().empty());
  stage.judge.apply(chain());
  CHECK(stage.judge.impaired().empty());
}

TEST_CASE("what filters want of the ledger at the end is done, though nobody waits for it") {
  const auto wishes = [](Phase phase, const mail::Transaction&, Facts& facts) {
    facts.at_end(Outcome::good,
                 store::Operation::put("test", phase == Phase::mail ? "message" : "session", std::chrono::hours(1)));
    return Finding{};
  };
  Stage stage(chain_of({}, link("keeper", kConnect | bit(Phase::mail), scored(), wishes)));
  const auto is_kept = [&](std::string_view key) {
    std::promise<Result<store::Answer>> answer;  // in its order: behind all that was asked before
    stage.bookkeeper.ask(store::Operation::get("test", key), [&](Result<store::Answer> a) { answer.set_value(a); });
    return answer.get_future().get()->found;
  };
  for (const Phase phase : {Phase::connect, Phase::mail, Phase::rcpt, Phase::message}) Stage::wait(stage.ask(phase));
  CHECK(is_kept("message"));
  CHECK_FALSE(is_kept("session"));
  stage.on_loop([&] { stage.trial.reset(); });
  CHECK(is_kept("session"));
}
