/// loop_resolvers_test.cc: what the resolvers of all loops say to who asks them.
#include "loop_resolvers.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "dns/kit.h"

namespace maildrop::cmd {
namespace {

using namespace std::chrono_literals;

struct ThreeLoops {
  dns::test::Server server{
      [](const dns::test::Asked& asked) { return dns::test::reply(asked, {dns::test::a("192.0.2.1")}); }};
  metrics::Registry registry;
  service::Loops loops{3};
  std::unique_ptr<LoopResolvers> resolvers;

  explicit ThreeLoops(Millis timeout = 20s) {
    DnsSettings settings;
    settings.servers = {server.endpoint()};
    settings.timeout = timeout;
    resolvers = std::make_unique<LoopResolvers>(loops, settings, registry);
    loops.start();
  }
  ~ThreeLoops() {
    loops.stop();
    loops.join();
  }
  /// At most so long that a test which fails ends.
  void await_questions(const std::string& name, int count) {
    for (int tries = 0; server.asked(name) < count && tries < 10'000; ++tries) std::this_thread::sleep_for(1ms);
  }
  void say_nothing() {
    server.answer([](const dns::test::Asked&) { return std::nullopt; });
  }
};

const dns::Question kHost{"host.example", dns::Type::a};

std::vector<dns::Status> statuses_of(const std::vector<dns::Answer>& answers) {
  std::vector<dns::Status> out;
  for (const dns::Answer& each : answers) out.push_back(each.status);
  return out;
}

TEST_CASE_METHOD(ThreeLoops, "loop resolvers: each says what it knows") {
  const auto first = resolvers->ask(kHost, 20s);
  REQUIRE(first.size() == 3);
  for (const dns::Answer& each : first) {
    CHECK(each.status == dns::Status::found);
    CHECK(each.source == dns::Source::servers);
  }
  CHECK(server.asked("host.example") == 3);
  for (const dns::Answer& each : resolvers->ask(kHost, 20s)) {
    CHECK(each.source == dns::Source::cache);
    CHECK(each.age >= 0s);
  }
}

TEST_CASE("loop resolvers: who asks waits no longer than is said, nor than dns.timeout") {
  {
    ThreeLoops patient(20s);
    patient.say_nothing();
    CHECK(statuses_of(patient.resolvers->ask(kHost, 50ms)) == std::vector(3, dns::Status::timed_out));
  }
  ThreeLoops quick(100ms);
  quick.say_nothing();
  CHECK(statuses_of(quick.resolvers->ask(kHost, 20s)) == std::vector(3, dns::Status::timed_out));
}

TEST_CASE_METHOD(ThreeLoops, "loop resolvers: one whose resolver has ended says nothing, be it asked before or after") {
  say_nothing();
  std::thread ending([this] {
    await_questions("host.example", 3);
    for (const std::size_t i : {0U, 2U}) boost::asio::post(loops.at(i).context(), [this, i] { resolvers->end(i); });
    await_questions("gone.example", 1);
    boost::asio::post(loops.at(1).context(), [this] { resolvers->end(1); });
  });
  using dns::Status;
  CHECK(statuses_of(resolvers->ask(kHost, 2s)) == std::vector{Status::failed, Status::timed_out, Status::failed});
  CHECK(statuses_of(resolvers->ask({"gone.example", dns::Type::a}, 20s)) == std::vector(3, Status::failed));
  ending.join();
}

TEST_CASE("loop resolvers: who waits is told when loops and resolvers go, and they may") {
  std::vector<dns::Answer> answers;
  std::thread waiting;
  {
    ThreeLoops going;
    going.say_nothing();
    waiting = std::thread([&] { answers = going.resolvers->ask(kHost, 20s); });
    going.await_questions("host.example", 3);
    going.loops.stop();
    going.loops.join();
    for (std::size_t i = 0; i < 3; ++i) going.resolvers->end(i);
    waiting.join();
  }
  CHECK(statuses_of(answers) == std::vector(3, dns::Status::failed));
}

}  // namespace
}  // namespace maildrop::cmd
