/// shadow_judge_test.cc: of two judges the one in force decides, whatever becomes of the other.
#include "filter/shadow_judge.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

constexpr std::uint8_t kAll = 0x3f;

/// Says what a test says, when it says so.
struct Puppet final : Judge {
  struct Strings {
    Trial::Done open{};
    Judgement judgement{};
    std::vector<Phase> asked{};
    int given_up = 0;
    bool throws = false;
    std::optional<Verdict> at_once{};
  };

  Terms terms() const override { return {phases, nullptr}; }
  std::unique_ptr<Trial> begin(std::size_t, const Terms&) override {
    struct Pulled final : Trial {
      explicit Pulled(Strings& s) : strings(s) {}
      void judge(Phase phase, const mail::Transaction&, Done done) override {
        strings.asked.push_back(phase);
        if (strings.throws) throw std::runtime_error("x");
        if (strings.at_once) return done(*strings.at_once);
        strings.open = std::move(done);
      }
      void give_up() override {
        ++strings.given_up;
        const Trial::Done gone = std::exchange(strings.open, {});
      }
      Judgement judgement(About) override { return strings.judgement; }
      Strings& strings;
    };
    return std::make_unique<Pulled>(strings);
  }

  void say(Verdict verdict) { std::exchange(strings.open, {})(std::move(verdict)); }

  Strings strings;
  std::uint8_t phases = kAll;
};

Verdict verdict(Action action, double score = 0, std::string by = {}) {
  Verdict verdict;
  verdict.action = action;
  verdict.score = score;
  verdict.reason = by.empty() ? "" : by + ": why";
  verdict.by = std::move(by);
  return verdict;
}

struct Scene {
  explicit Scene(std::chrono::milliseconds grace = std::chrono::seconds(1))
      : judge(in_force, shadow, {context}, metrics, grace) {
    in_force.strings.judgement.verdicts = "1\tnone\t0\n";
  }

  void ask(Phase phase) {
    if (!trial) trial = judge.begin(0, judge.terms());
    said.reset();
    trial->judge(phase, transaction, [this](Verdict heard) { said = std::move(heard); });
  }
  void both(Phase phase, Verdict does, Verdict would) {
    ask(phase);
    shadow.say(std::move(would));
    in_force.say(std::move(does));
    REQUIRE(said);
  }
  std::string shadow_of(About about) {
    const Judgement judgement = trial->judgement(about);
    if (!judgement.shadow) return "nothing";
    CHECK(parse_trace(judgement.verdicts)->shadow);
    return std::string(name_of(judgement.shadow->fate)) + " " + judgement.shadow->by + " " + judgement.shadow->reason;
  }
  std::uint64_t counted(const std::string& fate, const std::string& would) const {
    return metrics.total("maildrop_filter_shadow_total", "fate=\"" + fate + "\",shadow=\"" + would + "\"");
  }
  std::uint64_t missed() const { return metrics.total("maildrop_filter_shadow_missed_total"); }

  boost::asio::io_context context;
  metrics::Registry metrics;
  Puppet in_force, shadow;
  ShadowJudge judge;
  mail::Transaction transaction = transaction_of("192.0.2.1");
  std::unique_ptr<Trial> trial;
  std::optional<Verdict> said;
};

}  // namespace

TEST_CASE("shadow: who is in force decides, and the other is heard") {
  Scene scene;
  scene.both(Phase::connect, verdict(Action::pass), verdict(Action::reject, 9, "dnsbl"));
  CHECK(scene.said->action == Action::pass);
  for (const Phase phase : {Phase::mail, Phase::rcpt, Phase::headers, Phase::message})
    scene.both(phase, verdict(Action::pass), verdict(Action::pass, 1));
  CHECK(scene.shadow_of(About::message) == "rejected dnsbl dnsbl: why");
  CHECK(scene.counted("accepted", "rejected") == 1);
  // It is still so of the next message, and what the transaction before came to is not.
  scene.both(Phase::mail, verdict(Action::reject, 9, "spf"), verdict(Action::pass));
  CHECK(scene.said->by == "spf");
  CHECK(scene.counted("rejected", "rejected") == 1);
  CHECK(scene.metrics.total("maildrop_filter_shadow_total") == 2);
}

TEST_CASE("shadow: it is asked for a verdict that nobody in force is asked for, and the other way round") {
  Scene scene;
  scene.in_force.phases = bit(Phase::mail);
  scene.shadow.phases = bit(Phase::connect);
  CHECK(scene.judge.terms().phases == (bit(Phase::mail) | bit(Phase::connect)));
  scene.ask(Phase::connect);
  CHECK_FALSE(scene.said);
  scene.shadow.say(verdict(Action::pass));
  CHECK(scene.said);
  scene.ask(Phase::mail);
  scene.in_force.say(verdict(Action::pass));
  CHECK(scene.said);
  CHECK(scene.shadow.strings.asked == std::vector{Phase::connect});
  CHECK(scene.in_force.strings.asked == std::vector{Phase::mail});
}

TEST_CASE("shadow: without one nothing is between") {
  Scene scene;
  scene.shadow.phases = 0;
  scene.ask(Phase::message);
  scene.in_force.say(verdict(Action::pass));
  CHECK(scene.shadow_of(About::message) == "nothing");
  CHECK(scene.metrics.total("maildrop_filter_shadow_total") == 0);
}

TEST_CASE("shadow: one that is late is waited for no longer than its grace, and has no opinion of that message") {
  Scene scene(std::chrono::milliseconds(1));
  scene.both(Phase::mail, verdict(Action::pass), verdict(Action::pass));
  scene.ask(Phase::rcpt);
  scene.in_force.say(verdict(Action::pass));
  CHECK_FALSE(scene.said);
  scene.context.run();
  REQUIRE(scene.said);
  CHECK(scene.shadow.strings.given_up == 1);
  scene.both(Phase::message, verdict(Action::pass), verdict(Action::reject, 9, "x"));
  CHECK(scene.shadow_of(About::message) == "nothing");
  CHECK(scene.missed() == 1);
  CHECK(scene.metrics.total("maildrop_filter_shadow_total") == 0);
  // The next one it has seen whole.
  scene.both(Phase::mail, verdict(Action::pass), verdict(Action::pass));
  scene.both(Phase::message, verdict(Action::pass), verdict(Action::discard, 9, "x"));
  CHECK(scene.shadow_of(About::message) == "discarded x x: why");
}

TEST_CASE("shadow: one that throws, or forgets to answer, costs nobody a verdict") {
  Scene scene;
  SECTION("throws") { scene.shadow.strings.throws = true; }
  SECTION("forgets") { scene.shadow.strings.throws = false; }
  scene.ask(Phase::mail);
  { const Trial::Done dropped = std::exchange(scene.shadow.strings.open, {}); }
  scene.in_force.say(verdict(Action::pass));
  REQUIRE(scene.said);
  CHECK(scene.missed() == 1);
}

TEST_CASE("shadow: where who is in force has no verdict, nobody says there is one") {
  Scene scene;
  bool gone = false;
  struct Told {
    bool& gone;
    explicit Told(bool& g) : gone(g) {}
    ~Told() { gone = true; }
  };
  scene.trial = scene.judge.begin(0, scene.judge.terms());
  scene.trial->judge(Phase::mail, scene.transaction, [told = std::make_shared<Told>(gone)](const Verdict&) { FAIL(); });
  { const Trial::Done dropped = std::exchange(scene.in_force.strings.open, {}); }
  CHECK(gone);
  CHECK(scene.shadow.strings.given_up == 1);
}

TEST_CASE("shadow: a question that is given up, or is followed by another one, is open for neither") {
  Scene scene;
  scene.ask(Phase::mail);
  SECTION("given up") { scene.trial->give_up(); }
  SECTION("another one") { scene.ask(Phase::mail); }
  SECTION("gone") { scene.trial.reset(); }
  CHECK_FALSE(scene.said);
}

TEST_CASE("shadow: of recipients, what it would have said of that one, and of the message what all come to") {
  Scene scene;
  scene.both(Phase::mail, verdict(Action::pass), verdict(Action::pass));
  scene.both(Phase::rcpt, verdict(Action::reject, 0, "access"), verdict(Action::pass));
  CHECK(scene.shadow_of(About::recipient) == "accepted  ");
  CHECK(scene.counted("rejected", "accepted") == 1);
  scene.both(Phase::rcpt, verdict(Action::pass), verdict(Action::defer, 0, "greylist"));
  CHECK(scene.shadow_of(About::recipient) == "deferred greylist greylist: why");
  scene.shadow.strings.judgement = {.mark = store::Mark::tag, .by = "score"};
  scene.both(Phase::message, verdict(Action::pass), verdict(Action::pass, 6));
  CHECK(scene.shadow_of(About::message) == "tagged score ");
}
