/// live_services_test.cc: cases on a loop that ask a service: one that hangs, has nothing of use, is short of
/// connections.
#include "filter/breaker.h"
#include "filter/live_judge.h"
#include "filter/live_kit.h"
#include "filter/outage.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

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

namespace {

/// Asks the service of a stage, and says whose it is. `useful`: what it makes of an answer.
class Asking final : public Filter {
 public:
  Asking(const Stage& stage, bool useful) : request_(stage.served.request()), useful_(useful) {}
  std::optional<Endpoint> service() const override { return service::endpoint_of(*request_); }
  Finding judge(Phase, const mail::Transaction&, Facts& facts) const override {
    const auto* answer = facts.call(request_);
    if (!answer) return {};
    if (!*answer) return Finding::unanswered(answer->error());
    return useful_ ? Finding::score_of(7, "said") : Finding::fault("makes no sense");
  }

 private:
  std::shared_ptr<const service::Request> request_;
  bool useful_;
};

std::shared_ptr<const Chain> asking(const Stage& stage, bool useful = true, std::uint8_t phases = kConnect,
                                    Millis timeout = kPatience) {
  FilterSettings settings;
  settings.timeout = timeout;
  return chain_of(settings, Chain::Link{"service", phases, scored(), std::make_unique<Asking>(stage, useful), {}});
}

}  // namespace

TEST_CASE("a service whose answers are of no use is an outage, and is asked all the same, until it is named no more") {
  Stage stage(chain_of({}));
  for (const bool is_http : {true, false}) {
    stage.on_loop([&] {
      stage.trial.reset();
      stage.served.says = is_http ? "HTTP/1.1 503 Gone\r\nContent-Length: 0\r\n\r\n" : "SSH-2.0\r\n";
    });
    stage.judge.apply(asking(stage, false));
    const unsigned before = stage.served.requests;
    for (unsigned i = 0; i < 2 * Breaker::kFailures; ++i) Stage::wait(stage.ask(Phase::connect));
    CHECK(stage.served.requests == before + 2 * Breaker::kFailures);
    CHECK(stage.judge.impaired().starts_with("filters have no answers: 127.0.0.1:"));
    CHECK(stage.judge.impaired().ends_with(" (service)\n"));
    stage.judge.apply(chain_of({}));
    CHECK(stage.judge.impaired().empty());
  }
}

TEST_CASE("requests that found no connection say nothing of their service") {
  Stage stage(chain_of({}));
  stage.judge.apply(asking(stage));
  stage.served.silent = true;
  std::vector<std::unique_ptr<Trial>> holding;
  for (int i = 0; i < 8; ++i) {  // half of the connections: what a source may have
    stage.ask(Phase::connect);
    stage.on_loop([&] { holding.push_back(std::move(stage.trial)); });
  }
  stage.judge.apply(asking(stage, true, kConnect, Millis(20)));
  for (unsigned i = 0; i < 2 * Breaker::kFailures; ++i) Stage::wait(stage.ask(Phase::connect));
  CHECK(stage.judge.impaired().empty());
  CHECK(stage.served.requests == 8);
  stage.on_loop([&] { holding.clear(); });
}

TEST_CASE("what was asked of services is not held until the next question") {
  Stage stage(chain_of({}));
  stage.judge.apply(asking(stage));
  CHECK(Stage::wait(stage.ask(Phase::connect)).score == 7);
  CHECK(stage.metrics.text().find("maildrop_filter_memory_bytes 0\n") != std::string::npos);
}

TEST_CASE("one reply waits for header and message: both together have the time of one") {
  Stage stage(chain_of({}));
  stage.judge.apply(asking(stage, true, bit(Phase::headers) | bit(Phase::message), Millis(200)));
  stage.served.silent = true;
  CHECK(Stage::wait(stage.ask(Phase::headers)).score == 0);
  CHECK(Stage::wait(stage.ask(Phase::message)).score == 0);
  CHECK(stage.served.requests == 1);
  std::string verdicts;
  stage.on_loop([&] { verdicts = stage.trial->judgement(About::message).verdicts; });
  CHECK(verdicts.find("the header took all the time there is") != std::string::npos);
  stage.served.silent = false;
  CHECK(Stage::wait(stage.ask(Phase::message)).score == 7);  // of another one
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
