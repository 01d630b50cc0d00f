/// player_test.cc: sources in memory to servers that take, refuse, hang up, or are not there: nothing is lost
/// silently.
#include "replay/player.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <new>
#include <set>

#include "smtp/fake_server.h"

using namespace maildrop;
using namespace maildrop::replay;
using smtp::test::FakeServer;

namespace {

class MemorySource : public Source {
 public:
  explicit MemorySource(std::vector<Result<Sample>> samples) : samples_(std::move(samples)) {}
  std::optional<Result<Sample>> next() override {
    if (at_ == samples_.size()) return std::nullopt;
    return samples_[at_++];
  }

 private:
  std::vector<Result<Sample>> samples_;
  std::size_t at_ = 0;
};

Sample sample(unsigned number) {
  Sample out;
  out.name = "m" + std::to_string(number);
  out.data = "Subject: " + std::to_string(number) + "\r\n\r\nbody\r\n";
  out.envelope.from = "a@example.com";
  out.envelope.to = {"b" + std::to_string(number) + "@example.org"};
  return out;
}

std::vector<Result<Sample>> samples(unsigned count) {
  std::vector<Result<Sample>> out;
  for (unsigned i = 0; i < count; ++i) out.emplace_back(sample(i));
  return out;
}

PlayOptions options_for(const FakeServer& server) {
  PlayOptions options;
  options.sender.to = server.to();
  options.helo = "me.test";
  options.first_pause = std::chrono::milliseconds(1);
  options.last_words = std::chrono::milliseconds(50);
  return options;
}

struct Played {
  Result<void> done;
  Tally tally;
  bool gone = false;
};

Played play(
    const PlayOptions& options, const std::vector<Result<Sample>>& from,
    const Player::Look& look = [](const Tally&) { return true; }) {
  Player player(options, [&]() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(from); });
  Played played;
  played.done = player.run(look);
  played.tally = player.tally();
  played.gone = player.server_gone();
  return played;
}

std::set<std::string> distinct(const FakeServer& server) {
  const auto messages = server.messages();
  return {messages.begin(), messages.end()};
}

}  // namespace

TEST_CASE("all of it arrives, over as many connections as there may be, each used as often as it may") {
  for (const std::size_t connections : {1u, 8u}) {
    for (const std::size_t reuse : {1u, 10u, 1000u}) {
      FakeServer server;
      PlayOptions options = options_for(server);
      options.connections = connections;
      options.reuse = reuse;
      const Played played = play(options, samples(40));
      CHECK(played.done);
      CHECK(played.tally.accepted == 40);
      CHECK(played.tally.recipients == 40);
      CHECK(played.tally.read() == 40);
      CHECK(played.tally.message.count() == 40);
      CHECK(played.tally.connect.count() == played.tally.connections);
      CHECK(played.tally.connections >= (40 + reuse - 1) / reuse);
      CHECK(played.tally.connections <= 40 / reuse + connections);
      CHECK(played.tally.replies.at("250 ok") == 40);
      CHECK(distinct(server).size() == 40);
      CHECK(server.count("QUIT") == played.tally.connections);
    }
  }
}

TEST_CASE("what is refused for now is tried again, for those recipients alone") {
  unsigned refusals = 0;
  FakeServer server([&](unsigned, const std::string& line) -> std::string {
    return line == "RCPT TO:<slow@example.org>" && refusals++ < 2 ? "452 4.5.3 too many recipients" : "";
  });
  Sample one = sample(1);
  one.envelope.to = {"quick@example.org", "slow@example.org"};
  const Played played = play(options_for(server), {one});
  CHECK(played.tally.accepted == 1);
  CHECK(played.tally.retries == 2);
  CHECK(played.tally.tries == 3);
  CHECK(server.count("RCPT TO:<quick@example.org>") == 1);
  CHECK(server.count("RCPT TO:<slow@example.org>") == 3);
  CHECK(played.tally.replies.at("452 4.5.3 too many recipients") == 2);
  CHECK(played.tally.troubles.empty());
}

TEST_CASE("so often and no more") {
  FakeServer server([](unsigned, const std::string& line) { return line == "<message>" ? "452 full" : ""; });
  PlayOptions options = options_for(server);
  options.retry = 2;
  const Played played = play(options, samples(2));
  CHECK(played.tally.deferred == 2);
  CHECK(played.tally.tries == 6);
  REQUIRE(played.tally.troubles.size() == 2);
  CHECK(played.tally.troubles[0].name == "m0");
  CHECK(played.tally.troubles[0].what == "452 full");
  CHECK_FALSE(played.gone);
}

TEST_CASE("what is refused for good is not tried again, and the next goes on") {
  bool none = false;
  FakeServer server([&](unsigned, const std::string& line) -> std::string {
    if (line == "RCPT TO:<b1@example.org>") return none = true, "550 no";
    return line == "DATA" && std::exchange(none, false) ? "554 none" : "";
  });
  const Played played = play(options_for(server), samples(3));
  CHECK(played.tally.accepted == 2);
  CHECK(played.tally.refused == 1);
  CHECK(played.tally.tries == 3);
  CHECK(played.tally.connections == 1);
  CHECK(server.count("RSET") == 1);
  CHECK(played.tally.troubles.at(0).name == "m1");
}

TEST_CASE("a message is what its recipient that fared worst makes it") {
  FakeServer server([](unsigned, const std::string& line) -> std::string {
    if (line.rfind("RCPT TO:<no", 0) == 0) return "550 no";
    return line.rfind("RCPT TO:<later", 0) == 0 ? "450 later" : "";
  });
  Sample some = sample(0), all = sample(1);
  some.envelope.to = {"yes@example.org", "no@example.org"};
  all.envelope.to = {"no@example.org", "later@example.org", "yes@example.org", "illegal"};
  PlayOptions options = options_for(server);
  options.retry = 0;
  const Played played = play(options, {some, all});
  CHECK(played.tally.accepted == 0);
  CHECK(played.tally.refused == 1);
  CHECK(played.tally.deferred == 1);
  CHECK(played.tally.recipients == 2);
  REQUIRE(played.tally.troubles.size() == 2);
  CHECK(played.tally.troubles[0].what == "550 no");
  CHECK(played.tally.troubles[1].what == "450 later");
}

TEST_CASE("lost connections are made again, and nothing is missing: what was lost behind its dot is sent twice") {
  std::atomic<unsigned> count{0};
  FakeServer server([&](unsigned, const std::string& line) -> std::string {
    if (line == "<greeting>" || line == "QUIT") return "";
    return ++count % 9 == 0 ? "hang up" : "";
  });
  PlayOptions options = options_for(server);
  options.connections = 3;
  options.retry = 50;
  const Played played = play(options, samples(60));
  CHECK(played.tally.accepted == 60);
  CHECK(played.tally.retries > 0);
  CHECK(distinct(server).size() == 60);
}

TEST_CASE("busy greetings are waited for") {
  unsigned greetings = 0;
  FakeServer server(
      [&](unsigned, const std::string& line) { return line == "<greeting>" && greetings++ < 2 ? "421 busy" : ""; });
  const Played played = play(options_for(server), samples(1));
  CHECK(played.tally.accepted == 1);
  CHECK(played.tally.connection_failures == 2);
  CHECK(played.tally.replies.at("421 busy") == 2);
}

TEST_CASE("a server that is not there ends the run, and all that was read is accounted for") {
  PlayOptions options = options_for(FakeServer());  // which has gone by now
  const Played played = play(options, samples(2000));
  CHECK(played.gone);
  CHECK(played.tally.connections == 0);
  CHECK(played.tally.accepted == 0);
  CHECK(played.tally.lost >= 1);
  CHECK(played.tally.read() < 2000);
  CHECK(played.tally.read() == played.tally.lost + played.tally.unsent);
}

TEST_CASE("an early end gives what is being sent its time, and names what was not answered") {
  std::atomic<bool> asked{false};
  FakeServer server([&](unsigned, const std::string& line) {
    if (line != "RCPT TO:<b5@example.org>") return "";
    asked = true;
    return "silence";
  });
  const Played played = play(options_for(server), samples(1000), [&](const Tally&) { return !asked; });
  CHECK(played.done);
  CHECK_FALSE(played.gone);
  CHECK(played.tally.accepted == 5);
  CHECK(played.tally.lost == 1);
  CHECK(played.tally.troubles.at(0).name == "m5");
  CHECK(played.tally.unsent > 0);
}

TEST_CASE("broken samples are named, and so are those without a recipient") {
  FakeServer server;
  auto from = samples(1);
  from.emplace_back(fail(Code::invalid, "x.eml: no message"));
  Sample nobody = sample(2), odd = sample(3);
  nobody.envelope.to.clear();
  odd.envelope.from = "a@b>\r\nRSET\r\n";
  from.emplace_back(nobody);
  from.emplace_back(odd);
  Played played = play(options_for(server), from);
  CHECK(played.tally.accepted == 1);
  CHECK(played.tally.broken == 3);
  REQUIRE(played.tally.troubles.size() == 3);
  CHECK(server.count("RSET") == 0);

  PlayOptions options = options_for(server);
  options.rcpt = {"all@example.org", "more@example.org"};
  options.from = "";
  played = play(options, from);
  CHECK(played.tally.accepted == 3);
  CHECK(played.tally.broken == 1);
  CHECK(played.tally.recipients == 6);
  CHECK(server.count("MAIL FROM:<>") == 3);
}

TEST_CASE("limit and repeat count samples") {
  FakeServer server;
  PlayOptions options = options_for(server);
  options.repeat = 3;
  CHECK(play(options, samples(4)).tally.accepted == 12);
  options.limit = 9;
  CHECK(play(options, samples(4)).tally.accepted == 9);
  options.limit = 0;
  options.repeat = 1'000'000'000'000;
  CHECK(play(options, {}).tally.read() == 0);
}

TEST_CASE("the rate is kept over all connections") {
  FakeServer server;
  PlayOptions options = options_for(server);
  options.connections = 4;
  options.rate = 200;
  const auto begun = std::chrono::steady_clock::now();
  CHECK(play(options, samples(21)).tally.accepted == 21);
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(100));  // the 21st has its turn then
}

TEST_CASE("a connection tells of one client") {
  std::vector<Result<Sample>> from;
  for (const char* peer : {"192.0.2.1", "192.0.2.1", "2001:db8::1", ""}) {
    Sample one = sample(static_cast<unsigned>(from.size()));
    if (*peer != '\0') one.envelope.peer = *IpAddress::parse(peer);
    one.envelope.helo = *peer == '\0' ? "unused" : "old.example";
    from.emplace_back(one);
  }
  from.emplace_back(sample(4));

  FakeServer proxied;
  PlayOptions options = options_for(proxied);
  options.introduce = Introduce::proxy;
  CHECK(play(options, from).tally.connections == 3);
  CHECK(proxied.count("0 PROXY TCP4 192.0.2.1 ") == 1);
  CHECK(proxied.count("1 PROXY TCP6 2001:db8::1 ") == 1);
  CHECK(proxied.count("2 PROXY UNKNOWN") == 1);
  CHECK(proxied.count("EHLO old.example") == 2);
  CHECK(proxied.count("EHLO me.test") == 1);

  FakeServer told;
  options = options_for(told);
  options.introduce = Introduce::xclient;
  CHECK(play(options, from).tally.connections == 3);
  CHECK(told.count("0 XCLIENT ADDR=192.0.2.1 HELO=old.example") == 1);
  CHECK(told.count("1 XCLIENT ADDR=IPV6:2001:db8::1 HELO=old.example") == 1);
  CHECK(told.count("2 XCLIENT") == 0);

  FakeServer named;
  options = options_for(named);
  options.introduce = Introduce::xclient;
  options.recorded_helo = false;
  CHECK(play(options, from).tally.accepted == 5);
  CHECK(named.count("HELO=") == 0);
  CHECK(named.count("old.example") == 0);
}

TEST_CASE("what waits for its turn when the run ends was not sent, and is not lost") {
  FakeServer server;
  PlayOptions options = options_for(server);
  options.rate = 0.001;
  const Played played = play(options, samples(3), [](const Tally& tally) { return tally.accepted == 0; });
  CHECK(played.tally.accepted == 1);
  CHECK(played.tally.lost == 0);
  CHECK(played.tally.unsent == played.tally.read() - 1);
}

TEST_CASE("a source that throws leaves nobody waiting") {
  class Throwing : public Source {
    std::optional<Result<Sample>> next() override { throw std::bad_alloc(); }
  };
  FakeServer server;
  const PlayOptions options = options_for(server);
  Player player(options, []() -> Result<std::unique_ptr<Source>> { return std::make_unique<Throwing>(); });
  CHECK_THROWS_AS(player.run([](const Tally&) { return true; }), std::bad_alloc);
}

TEST_CASE("a source that cannot be opened is an error") {
  FakeServer server;
  const PlayOptions options = options_for(server);
  Player player(options, []() -> Result<std::unique_ptr<Source>> { return fail(Code::not_found, "gone"); });
  const auto done = player.run([](const Tally&) { return true; });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::not_found);
}
