/// connection_log_test.cc: what a connection logs and counts of its session and its messages.
#include <functional>
#include <memory>
#include <string>

#include "core/log.h"
#include "smtp/log_capture.h"
#include "smtp/running_server.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;
using filter::Phase;

namespace {

/// Says the same of each recipient, and of each message that is taken.
class Judge final : public filter::Judge {
 public:
  Terms terms() const override { return {filter::bit(Phase::rcpt), {}}; }
  std::unique_ptr<filter::Trial> begin(std::size_t, const Terms&) override { return std::make_unique<Trial>(*this); }

  filter::Verdict verdict{};
  filter::Judgement judgement{};

 private:
  struct Trial final : filter::Trial {
    explicit Trial(const Judge& judge) : of(judge) {}
    void judge(Phase, const mail::Transaction&, Done done) override { done(of.verdict); }
    filter::Judgement judgement(filter::About) override { return of.judgement; }
    const Judge& of;
  };
};

/// A server whose log is read.
struct World {
  static Config make_config() {
    log::open({.level = LogSettings::Level::info, .format = LogSettings::Format::text});
    Config config;
    config.smtp.hostname = "mx.example.org";
    config.mail.domains = {"example.org"};
    config.limits.exempt.clear();
    return config;
  }
  ~World() { log::open({.level = LogSettings::Level::error, .format = LogSettings::Format::text}); }

  /// One session, to its end.
  void say(const std::string& commands) {
    Client client(server.name());
    client.say(commands);
    CHECK(client.hears_close());
  }
  std::uint64_t counted(const std::string& name, const std::string& labels) { return server.counted(name, labels); }

  LogCapture log;
  Judge judge;
  Config config = make_config();
  FakeClock clock;
  std::unique_ptr<store::Store> store = memory_store(config, clock);
  RunningServer server{config, *store, clock, &judge, 1, std::chrono::minutes(5)};
};

const std::string kEnvelope = "HELO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@example.org>\r\n";

}  // namespace

TEST_CASE("a stored message that was judged is logged and counted with its mark") {
  World world;
  const std::string mail = kEnvelope + "DATA\r\nx\r\n.\r\nQUIT\r\n";
  const auto counted = [&world](const std::string& mark) {
    return world.counted("maildrop_smtp_marked_messages_total", "mark=\"" + mark + "\"");
  };
  world.judge.judgement = {.mark = store::Mark::quarantine, .score = 9.0100002F};
  world.say(mail);
  CHECK(world.log.has("result=stored mark=quarantine score=9.01\n"));
  world.judge.judgement = {.score = 0};
  world.say(mail);
  CHECK(world.log.has("result=stored mark=none score=0\n"));
  CHECK(counted("quarantine") == 1);
  CHECK(counted("tag") == 0);
  CHECK(counted("none") == 1);
  world.judge.judgement = {};  // nobody judged it
  world.say(mail);
  CHECK(world.log.has("result=stored\n"));
  CHECK(counted("none") == 1);
}

TEST_CASE("a session that went wrong is logged with what began it") {
  World world;
  world.judge.verdict.action = filter::Action::defer;
  world.say(kEnvelope + "DATA\r\nQUIT\r\n");
  CHECK(world.log.has("refused=2 reason=filter end=quit"));
  world.say("HELO a\r\nDATA\r\nQUIT\r\n");
  CHECK(world.log.has("refused=1 reason=sequence end=quit"));
  world.say("HELO a\r\nDATA\r\nFOO\r\nQUIT\r\n");
  CHECK(world.log.has("refused=2 reason=unknown_command end=quit"));
}
