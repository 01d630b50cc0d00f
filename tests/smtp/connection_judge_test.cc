/// connection_judge_test.cc: judges over a socket: whom they are asked about, where, and for how long.
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/log.h"
#include "smtp/dialog.h"
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
      of.behaviour_(*this, phase, transaction, std::move(done));
    }
    TestJudge& of;
    std::size_t loop;
    unsigned asked = 0;
    std::vector<Done> kept{};
  };

  explicit TestJudge(Behaviour behaviour, std::uint8_t phases = kAllPhases)
      : behaviour_(std::move(behaviour)), phases_(phases) {}
  std::uint8_t phases() const override { return phases_; }
  std::unique_ptr<Trial> begin(std::size_t loop) override {
    ++trials;
    ++begun;
    return std::make_unique<Session>(*this, loop);
  }

  std::atomic<int> trials{0};  // now
  std::atomic<int> begun{0};   // ever
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

/// A server with a judge, whose peers on loopback are judged.
struct World {
  explicit World(TestJudge& judge, const std::function<void(Config&)>& change = {}, unsigned loops = 1)
      : config(make_config(change)), store(memory_store(config, clock)), server(config, *store, &judge, loops) {}

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
  SystemClock clock;
  std::unique_ptr<store::Store> store;
  RunningServer server;
};

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
