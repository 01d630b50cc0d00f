/// live_judge_test.cc: cases on a loop: whom they wait for, for how long, and what becomes of an answer nobody awaits.
#include "filter/live_judge.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <map>
#include <set>

#include "filter/breaker.h"
#include "filter/kit.h"
#include "filter/outage.h"
#include "filter/service_kit.h"
#include "service/loops.h"
#include "store/bookkeeper.h"
#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using dns::Type;

namespace {

constexpr std::uint8_t kConnect = bit(Phase::connect);
constexpr std::chrono::seconds kPatience{10};

/// Answers from tables: at once, later, or when a test says so.
class TableResolver final : public dns::Resolver {
 public:
  explicit TableResolver(boost::asio::io_context& loop) : loop_(loop) {}

  dns::Lookup ask(const dns::Question& question, const IpAddress& source, Done done) override {
    sources.insert(source);
    ++asked;
    if (const auto known = at_once.find(question.name); known != at_once.end()) return dns::Lookup(known->second);
    auto kept = std::make_shared<Done>(std::move(done));
    if (const auto known = later.find(question.name); known != later.end()) {
      boost::asio::post(loop_, [kept, answer = known->second] { tell(kept, answer); });
    } else {
      waiting.emplace(question.name, kept);
    }
    return dns::Lookup(kept);
  }

  static void tell(const std::shared_ptr<Done>& kept, const dns::Answer& answer) {
    const Done done = *kept;
    if (done) done(answer);
  }

  std::map<std::string, dns::Answer> at_once;
  std::map<std::string, dns::Answer> later;
  std::multimap<std::string, std::shared_ptr<Done>> waiting;
  int asked = 0;
  std::set<IpAddress> sources;

 private:
  boost::asio::io_context& loop_;
};

/// Looks a name up, and scores what it finds.
Chain::Link looks_up(std::string name, FilterUse use = scored()) {
  return link("list", kConnect | bit(Phase::mail), use, [name](Phase, const mail::Transaction&, Facts& facts) {
    const dns::Answer* answer = facts.dns(name, Type::a);
    if (!answer) return Finding{};
    if (!dns::is_known(answer->status)) return Finding::fail("no answer");
    return Finding::score_of(static_cast<double>(answer->records.size()), "found");
  });
}

struct Stage {
  explicit Stage(std::shared_ptr<const Chain> chain)
      : loops(1),
        resolver(loops.at(0).context()),
        services(std::make_unique<service::ServiceClient>(loops.at(0).context())),
        served(loops.at(0).context()),
        ledger(store::make_memory_ledger(clock, 100)),
        bookkeeper(*ledger, metrics),
        judge({{{loops.at(0).context(), resolver, *services}}, bookkeeper, clock, metrics, Millis(0)},
              std::move(chain)) {
    loops.start();
  }
  ~Stage() {
    on_loop([this] {
      trial.reset();
      services.reset();
      served.close();
    });
    loops.finish();
    loops.join();
  }

  template <class Run>
  void on_loop(Run run) {
    std::promise<void> ran;
    boost::asio::post(loops.at(0).context(), [&] {
      run();
      ran.set_value();
    });
    REQUIRE(ran.get_future().wait_for(kPatience) == std::future_status::ready);
  }

  std::future<Verdict> ask(Phase phase) {
    auto verdict = std::make_shared<std::promise<Verdict>>();
    on_loop([&] {
      if (!trial) trial = judge.begin(0, judge.terms());
      trial->judge(phase, transaction, [verdict](Verdict said) { verdict->set_value(std::move(said)); });
    });
    return verdict->get_future();
  }

  static Verdict wait(std::future<Verdict> verdict) {
    REQUIRE(verdict.wait_for(kPatience) == std::future_status::ready);
    return verdict.get();
  }

  SystemClock clock;
  metrics::Registry metrics;
  service::Loops loops;
  TableResolver resolver;
  std::unique_ptr<service::ServiceClient> services;
  Service served;
  std::unique_ptr<store::Ledger> ledger;
  store::Bookkeeper bookkeeper;
  LiveJudge judge;
  mail::Transaction transaction = transaction_of("192.0.2.1");
  std::unique_ptr<Trial> trial;
};

}  // namespace

TEST_CASE("facts come at once or later, and the verdict when all are there") {
  Stage stage(chain_of({}, looks_up("now.example"), looks_up("later.example")));
  stage.resolver.at_once["now.example"] = address("127.0.0.2");
  stage.resolver.later["later.example"] = found({{.text = "x"}, {.text = "y"}});
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 3);
  Judgement judgement;
  stage.on_loop([&] { judgement = stage.trial->judgement(); });
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
  stage.on_loop([&] { stage.resolver.at_once.clear(); });
  Stage::wait(stage.ask(Phase::connect));  // nobody answers, and yet there is a verdict within the hour
  CHECK(gauge() == 1);
  stage.on_loop([&] { stage.trial.reset(); });
  both(no_name, failed);
  sessions(1);
  CHECK(gauge() == 0);
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

namespace {

/// Scores what the service says; the stage is made after its chain.
Chain::Link asks_service(Stage*& stage, std::uint8_t phases = kConnect) {
  return link("service", phases, scored(), [&stage](Phase, const mail::Transaction&, Facts& facts) {
    const auto* answer = facts.call(stage->served.request());
    if (!answer) return Finding{};
    if (!*answer) return Finding::fail(answer->error().what);
    return Finding::score_of(std::get<service::HttpAnswer>(**answer).body == "7" ? 7 : 100, "said");
  });
}

}  // namespace

TEST_CASE("a service is asked from the loop, once for all who ask the same") {
  Stage* at = nullptr;
  Stage stage(chain_of({}, asks_service(at), asks_service(at)));
  at = &stage;
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 14);
  CHECK(stage.served.requests == 1);
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 14);
  CHECK(stage.served.requests == 2);
}

TEST_CASE("a service that hangs costs its filter its answer, and after some calls nobody waits for it") {
  FilterSettings settings;
  settings.timeout = Millis(50);
  Stage* at = nullptr;
  Stage stage(chain_of(settings, asks_service(at)));
  at = &stage;
  stage.served.silent = true;
  for (unsigned i = 0; i < Breaker::kFailures; ++i) CHECK(Stage::wait(stage.ask(Phase::connect)).score == 0);
  CHECK(stage.judge.impaired().starts_with("filters have no answers: 127.0.0.1:"));
  Stage::wait(stage.ask(Phase::connect));  // the probe
  const unsigned requests = stage.served.requests;
  for (int i = 0; i < 20; ++i) Stage::wait(stage.ask(Phase::connect));
  CHECK(stage.served.requests == requests);
}

TEST_CASE("a session may end while a service is asked") {
  Stage* at = nullptr;
  Stage stage(chain_of({}, asks_service(at)));
  at = &stage;
  stage.served.silent = true;
  std::future<Verdict> verdict = stage.ask(Phase::connect);
  stage.on_loop([&] { stage.trial.reset(); });
  CHECK_THROWS(Stage::wait(std::move(verdict)));
  stage.served.silent = false;
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 7);
}

TEST_CASE("an outage of the DNS does not hurry a service") {
  FilterSettings settings;
  settings.timeout = std::chrono::hours(1);
  Stage* at = nullptr;
  Stage stage(chain_of(settings, looks_up("a.example"), asks_service(at, bit(Phase::helo))));
  at = &stage;
  stage.on_loop([&] { stage.resolver.at_once["a.example"] = no_answer(dns::Status::failed); });
  for (unsigned i = 0; i < Outage::kSessions; ++i) Stage::wait(stage.ask(Phase::connect));
  CHECK(stage.judge.impaired() == "filters have no answers: dns\n");
  stage.served.silent = true;
  std::future<Verdict> verdict = stage.ask(Phase::helo);
  CHECK(verdict.wait_for(Millis(300)) == std::future_status::timeout);  // three times as long as the DNS would have
  stage.on_loop([&] { stage.served.answer(); });
  CHECK(Stage::wait(std::move(verdict)).score == 7);
}
