/// connection_judge_test.cc: judges over a socket: whom they are asked about, where, and for how long.
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "core/log.h"
#include "smtp/dialog.h"
#include "smtp/log_capture.h"
#include "smtp/running_server.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;
using filter::Phase;
using filter::Trial;

namespace {

/// Does at each question what a test says, and counts.
class TestJudge final : public filter::Judge {
 public:
  struct Session;  // one trial
  using Behaviour = std::function<void(Session&, Phase, const mail::Transaction&, Trial::Done)>;

  struct Session final : Trial {
    Session(TestJudge& j, std::size_t l) : of(j), loop(l) { of.note(*this); }
    ~Session() override {
      of.note(*this);
      --of.trials;
    }
    void judge(Phase phase, const mail::Transaction& transaction, Done done) override {
      of.note(*this);
      ++asked;
      ++of.asked;
      of.behaviour_(*this, phase, transaction, std::move(done));
    }
    TestJudge& of;
    std::size_t loop;
    unsigned asked = 0;
    std::vector<Done> kept{};
  };

  explicit TestJudge(Behaviour behaviour, std::uint8_t phases = kAllPhases)
      : behaviour_(std::move(behaviour)), phases_(phases) {}
  Terms terms() const override { return {phases_, rules}; }
  std::unique_ptr<Trial> begin(std::size_t loop, const Terms& terms) override {
    {
      const std::lock_guard lock(mutex_);
      begun_by = terms.rules;
    }
    ++trials;
    ++begun;
    return std::make_unique<Session>(*this, loop);
  }

  /// Until so many questions were put, to all trials together.
  void wait_asked(int times) const {
    for (int left = kPatience; asked < times && left > 0; --left)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE(asked >= times);
  }

  std::atomic<int> trials{0};  // now
  std::atomic<int> begun{0};   // ever
  std::atomic<int> asked{0};   // questions
  std::shared_ptr<const void> rules{}, begun_by{};
  std::map<std::size_t, std::set<std::thread::id>> threads() {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

 private:
  void note(const Session& session) {
    const std::lock_guard lock(mutex_);
    threads_[session.loop].insert(std::this_thread::get_id());
  }

  Behaviour behaviour_;
  std::uint8_t phases_;
  std::mutex mutex_;
  std::map<std::size_t, std::set<std::thread::id>> threads_;
};

/// A server with a judge, whose peers on loopback are judged. It waits for verdicts longer than any test lasts, unless
/// it is told otherwise: a machine under load is not to be a filter that hangs.
struct World {
  explicit World(TestJudge& judge, const std::function<void(Config&)>& change = {}, unsigned loops = 1,
                 Millis verdict_time = std::chrono::minutes(5))
      : config(make_config(change)),
        store(memory_store(config, clock)),
        server(config, *store, clock, &judge, loops, verdict_time) {}

  static Config make_config(const std::function<void(Config&)>& change) {
    log::open({.level = LogSettings::Level::error, .format = LogSettings::Format::text});
    Config config;
    config.smtp.hostname = "mx.example.org";
    config.mail.domains = {"example.org"};
    config.limits.exempt.clear();
    if (change) change(config);
    return config;
  }

  Config config;
  FakeClock clock;
  std::unique_ptr<store::Store> store;
  RunningServer server;
};

filter::Verdict verdict_of(filter::Action action, std::chrono::milliseconds delay = {}) {
  filter::Verdict verdict;
  verdict.action = action;
  verdict.delay = delay;
  verdict.reason = "as the test says";
  return verdict;
}

/// Passes all but one phase, where it does what the test says.
TestJudge::Behaviour at(Phase which, TestJudge::Behaviour behaviour) {
  return [which, behaviour = std::move(behaviour)](TestJudge::Session& session, Phase phase,
                                                   const mail::Transaction& transaction, Trial::Done done) {
    if (phase != which) return done({});
    behaviour(session, phase, transaction, std::move(done));
  };
}

/// Takes the question and never answers.
TestJudge::Behaviour hang() {
  return [](TestJudge::Session& session, Phase, const mail::Transaction&, Trial::Done done) {
    session.kept.push_back(std::move(done));
  };
}

TestJudge::Behaviour delay(std::chrono::milliseconds length) {
  return [length](TestJudge::Session&, Phase, const mail::Transaction&, Trial::Done done) {
    done(verdict_of(filter::Action::delay, length));
  };
}

constexpr std::chrono::seconds kLong{30};  // a delay that no test waits for: kPatience is over before

constexpr std::string_view kFailed = "451 4.3.0 cannot check this now, try again later [";

}  // namespace

TEST_CASE("each session has a trial of its own, on its loop, for as long as it lasts") {
  TestJudge judge([](TestJudge::Session& session, Phase phase, const mail::Transaction&, Trial::Done done) {
    filter::Verdict verdict;
    if (phase == Phase::mail) verdict.action = filter::Action::reject;
    verdict.reply = "550 5.7.1 asked " + std::to_string(session.asked) + " times";
    done(std::move(verdict));
  });
  {
    World world(judge, {}, 2);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 16; ++i) clients.push_back(std::make_unique<Client>(world.server.name()));
    for (auto& client : clients) {
      CHECK(client->hear().substr(0, 3) == "220");
      client->say("HELO a\r\nMAIL FROM:<>\r\n");
      CHECK(client->hear(2).find("asked 3 times") != std::string::npos);
    }
    CHECK(judge.begun == 16);
    CHECK(judge.trials == 16);
  }
  CHECK(judge.trials == 0);
  for (const auto& [loop, threads] : judge.threads()) {
    CHECK(loop < 2);
    CHECK(threads.size() == 1);
  }
}

TEST_CASE("XCLIENT begins another trial") {
  TestJudge judge([](TestJudge::Session& session, Phase, const mail::Transaction&, Trial::Done done) {
    filter::Verdict verdict;
    if (session.asked == 3) verdict.action = filter::Action::reject;
    done(std::move(verdict));
  });
  World world(judge, [](Config& config) { config.xclient.networks = {*Network::parse("127.0.0.0/8")}; });
  Client client(world.server.name());
  client.say("HELO a\r\nXCLIENT ADDR=192.0.2.9\r\n");
  CHECK(client.hear(3).substr(0, 3) == "220");
  client.say("HELO a\r\nMAIL FROM:<>\r\n");
  CHECK(client.hear() == "250 mx.example.org\r\n");
  CHECK(client.hear().substr(0, 3) == "550");
  CHECK(judge.begun == 2);
  CHECK(judge.trials == 1);
}

TEST_CASE("a verdict that does not come is a defer, and nobody hears of one that comes too late") {
  // What was asked before is answered when the next question comes, with a refusal.
  TestJudge judge([](TestJudge::Session& session, Phase, const mail::Transaction&, Trial::Done done) {
    for (Trial::Done& late : std::exchange(session.kept, {})) late(verdict_of(filter::Action::disconnect));
    if (session.asked == 3) {
      session.kept.push_back(std::move(done));
    } else {
      done({});
    }
  });
  LogCapture log;
  World world(judge, {}, 1, filter::kVerdictTime);
  log::open({.level = LogSettings::Level::info, .format = LogSettings::Format::text});
  Client client(world.server.name());
  client.say("HELO a\r\nMAIL FROM:<a@b.test>\r\n");
  client.hear(2);
  CHECK(client.hear().starts_with(kFailed));
  client.say("MAIL FROM:<a@b.test>\r\n");
  CHECK(client.hear() == "250 2.1.0 sender ok\r\n");
  CHECK(log.has("phase=mail error=\"no verdict in time\""));
}

TEST_CASE("a filter that throws or lets its question drop is known at once, and named in the log") {
  TestJudge judge([](TestJudge::Session& session, Phase, const mail::Transaction&, Trial::Done done) {
    if (session.asked == 1) return done({});
    if (session.asked == 2) throw std::runtime_error("no luck");
    if (session.asked == 3) throw 3;
  });
  LogCapture log;
  World world(judge);
  log::open({.level = LogSettings::Level::info, .format = LogSettings::Format::text});
  Client client(world.server.name());
  client.hear();
  client.say("HELO a\r\nHELO a\r\nHELO a\r\n");
  for (int i = 0; i < 3; ++i) CHECK(client.hear().starts_with(kFailed));
  for (const char* error : {"a filter threw: no luck", "a filter threw", "a filter gave no verdict"})
    CHECK(log.has("phase=helo error=\"" + std::string(error) + "\"\n"));
}

TEST_CASE("a verdict may come later, from another question's turn") {
  std::vector<Trial::Done> kept;  // on the one loop
  TestJudge judge(
      at(Phase::helo, [&](TestJudge::Session&, Phase, const mail::Transaction& transaction, Trial::Done done) {
        kept.push_back(std::move(done));
        if (transaction.helo == "first") return;
        filter::Verdict verdict = verdict_of(filter::Action::reject);
        verdict.reply = "550 5.7.1 later";
        for (const Trial::Done& each : kept) each(verdict);
      }));
  World world(judge);
  Client first(world.server.name());
  Client second(world.server.name());
  for (Client* client : {&first, &second}) CHECK(client->hear().starts_with("220"));
  first.say("HELO first\r\n");
  judge.wait_asked(3);
  second.say("HELO second\r\n");
  for (Client* client : {&first, &second}) {
    CHECK(client->hear().starts_with("550 5.7.1 later ["));
  }
}

TEST_CASE("whoever answers when the connection is gone does no harm") {
  std::vector<Trial::Done> kept;
  TestJudge judge(at(Phase::helo, [&](TestJudge::Session&, Phase, const mail::Transaction&, Trial::Done done) {
    kept.push_back(std::move(done));
  }));
  {
    World world(judge);
    Client client(world.server.name());
    client.say("HELO a\r\n");
    judge.wait_asked(2);
    world.server.farewell();
    client.hear();
    CHECK(client.hear().starts_with("421 4.3.2 shutting down"));
    CHECK(client.hears_close());
  }
  CHECK(judge.trials == 0);
  REQUIRE(kept.size() == 1);
  kept.front()({});
  kept.clear();
}

TEST_CASE("a drain ends the wait for a verdict at once, and a farewell one that began after it") {
  TestJudge judge(at(Phase::rcpt, hang()));
  LogCapture log;
  World world(judge);
  log::open({.level = LogSettings::Level::info, .format = LogSettings::Format::text});
  Client client(world.server.name());
  client.say("HELO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@example.org>\r\n");
  client.hear(3);
  judge.wait_asked(4);
  world.server.drain();
  CHECK(client.hear().starts_with(kFailed));
  CHECK(log.has("phase=rcpt error=\"shutting down\""));
  client.say("RCPT TO:<u@example.org>\r\n");
  judge.wait_asked(5);
  world.server.farewell();
  CHECK(client.hear().starts_with("421 4.3.2 shutting down"));
  CHECK(client.hears_close());
}

TEST_CASE("a delay goes on after its time, and does not count as the peer's slowness") {
  TestJudge judge(at(Phase::headers, delay(std::chrono::milliseconds(1500))));
  World world(judge);
  Client client(world.server.name());
  client.say("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nSubject: x\r\n\r\n");
  judge.wait_asked(5);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // until it waits
  world.clock.advance(std::chrono::seconds(40));
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));  // a sweep within the delay, and one behind it
  client.say("x\r\n.\r\n");
  client.hear(5);
  CHECK(client.hear().starts_with("250 2.0.0 stored as "));
}

TEST_CASE("a delay ends with the session's time") {
  TestJudge judge(at(Phase::helo, delay(kLong)));
  World world(judge, [](Config& config) { config.smtp.session_timeout = std::chrono::minutes(1); });
  Client client(world.server.name());
  client.say("HELO a\r\n");
  judge.wait_asked(2);
  world.clock.advance(std::chrono::minutes(2));
  client.hear();
  CHECK(client.hear().starts_with("421 4.4.2 timed out"));
  CHECK(client.hears_close());
}

TEST_CASE("a drain ends a delay, and the session goes on from there") {
  TestJudge judge(at(Phase::rcpt, delay(kLong)));
  World world(judge);
  Client client(world.server.name());
  client.say("HELO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@example.org>\r\n");
  client.hear(3);
  judge.wait_asked(4);
  world.server.drain();
  CHECK(client.hear() == "250 2.1.5 recipient ok\r\n");
  client.say("DATA\r\nx\r\n.\r\n");
  client.hear();
  CHECK(client.hear().starts_with("250 2.0.0 stored as "));
  CHECK(client.hear().starts_with("421 4.3.2 shutting down"));
}

TEST_CASE("a farewell ends a delay with its session") {
  TestJudge judge(at(Phase::helo, delay(kLong)));
  World world(judge);
  Client client(world.server.name());
  client.say("HELO a\r\n");
  judge.wait_asked(2);
  world.server.farewell();
  client.hear();
  CHECK(client.hear().starts_with("421 4.3.2 shutting down"));
  CHECK(client.hears_close());
}

TEST_CASE("no more connections than flood.held are delayed") {
  TestJudge judge(at(Phase::helo, delay(kLong)));
  World world(judge, [](Config& config) { config.flood.held = 1; });
  Client first(world.server.name());
  first.say("HELO a\r\n");
  judge.wait_asked(2);
  Client second(world.server.name());
  second.say("HELO b\r\n");
  second.hear();
  CHECK(second.hear() == "250 mx.example.org\r\n");
  first.hear();
  CHECK(first.heard().empty());
}

TEST_CASE("a session is judged by what was in force when it began, though a reload comes before the first question") {
  TestJudge judge(
      at(Phase::mail, [](TestJudge::Session&, Phase, const mail::Transaction&, Trial::Done done) { done({}); }),
      bit(Phase::mail));
  const auto before = std::make_shared<const int>(1), after = std::make_shared<const int>(2);
  judge.rules = before;
  World world(judge);
  const auto begin = [&](Client& client) {
    client.say("MAIL FROM:<a@b.test>\r\n");
    CHECK(client.hear().starts_with("250 "));
    return judge.begun_by;
  };
  Client old(world.server.name());
  old.say("EHLO a\r\nNOOP\r\n");
  while (!old.hear().starts_with("250 2.0.0")) REQUIRE_FALSE(old.timed_out());
  judge.rules = after;
  world.server.apply(world.config);
  CHECK(begin(old) == before);
  Client fresh(world.server.name());
  fresh.say("HELO a\r\n");
  fresh.hear(2);
  CHECK(begin(fresh) == after);
}

TEST_CASE("a message that is discarded is counted and logged, and nothing was refused") {
  TestJudge judge(at(Phase::rcpt, [](TestJudge::Session&, Phase, const mail::Transaction&, Trial::Done done) {
    done(verdict_of(filter::Action::discard));
  }));
  LogCapture log;
  World world(judge);
  log::open({.level = LogSettings::Level::info, .format = LogSettings::Format::text});
  Client client(world.server.name());
  client.say("HELO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nx\r\n.\r\n");
  client.hear(5);
  CHECK(client.hear() == "250 2.0.0 accepted\r\n");
  CHECK(world.server.counted("maildrop_smtp_messages_total", "result=\"discarded\"") == 1);
  CHECK(world.server.counted("maildrop_smtp_refused_total") == 0);
  client.say("QUIT\r\n");
  CHECK(client.hears_close());
  CHECK(log.has("from=a@b.test to=u@example.org result=discarded code=250 reason=filter why=\"as the test says\""));
}
