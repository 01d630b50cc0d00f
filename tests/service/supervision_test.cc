/// supervision_test.cc: what becomes of programs that start, hang, fail and end, by a clock that is turned by hand.
#include "service/supervision.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>

using namespace maildrop;
using namespace maildrop::service;
using namespace std::chrono_literals;

namespace {

/// What is said, and by whom; and what comes of it, as text: `start a`, `TERM a`, `KILL a`, `a RUNNING`, `finish 0`.
struct Play {
  explicit Play(std::vector<ProgramRules> programs = {{"a"}, {"b"}}, WatchdogSettings given = {})
      : settings(given), names(programs), machine(std::move(programs), settings, clock) {}

  std::string text(const Actions& actions) {
    std::string out;
    for (const Action& each : actions) {
      const std::string& name = names[each.program].name;
      if (!out.empty()) out += ", ";
      if (each.kind == Action::Kind::start) out += "start " + name;
      if (each.kind == Action::Kind::signal) out += std::string(sigabbrev_np(each.number)) + " " + name;
      if (each.kind == Action::Kind::kill) out += "KILL " + name;
      if (each.kind == Action::Kind::report) out += name + " " + std::string(to_string(each.state));
      if (each.kind == Action::Kind::finish) out += "finish " + std::to_string(each.number);
    }
    return out;
  }
  std::string begin() { return text(machine.begin()); }
  std::string says(std::size_t program, std::string_view what) {
    return text(machine.told(program, parse_notification(what)));
  }
  std::string exits(std::size_t program, int status) { return text(machine.ended(program, {status, 0})); }
  std::string dies(std::size_t program, int signal = SIGKILL) { return text(machine.ended(program, {0, signal})); }
  std::string signal(int number) { return text(machine.signalled(number)); }
  /// Time goes by in the steps that are asked for, as a supervisor's does.
  std::string later(Millis time) {
    std::string out;
    const Monotonic end = clock.monotonic() + time;
    while (clock.monotonic() < end) {
      const auto step = std::chrono::ceil<Millis>(std::min(end, machine.next()) - clock.monotonic());
      clock.advance(std::max(step, 1ms));
      const std::string more = text(machine.tick());
      if (!more.empty()) out += (out.empty() ? "" : ", ") + more;
    }
    return out;
  }
  void both_run() {
    begin();
    says(0, "READY=1");
    says(1, "READY=1");
    REQUIRE(machine.healthy());
  }

  FakeClock clock;
  WatchdogSettings settings;
  std::vector<ProgramRules> names;
  Supervision machine;
};

}  // namespace

TEST_CASE("programs start in order, each when the one before it is ready, and end in the reverse order") {
  Play play;
  CHECK(play.begin() == "start a, a STARTING");
  CHECK(play.says(0, "STATUS=soon") == "");
  CHECK(play.says(0, "READY=1\nSTATUS=serving") == "a RUNNING, start b, b STARTING");
  CHECK_FALSE(play.machine.healthy());
  CHECK(play.says(1, "READY=1") == "b RUNNING");
  CHECK(play.machine.healthy());
  CHECK(play.machine.words() == "a RUNNING since 2023-11-14T22:13:20Z (serving), b RUNNING since 2023-11-14T22:13:20Z");
  CHECK(play.signal(SIGTERM) == "TERM b, b STOPPING");
  CHECK(play.exits(1, 0) == "b STOPPED, TERM a, a STOPPING");
  CHECK(play.exits(0, 0) == "a STOPPED, finish 0");
}

TEST_CASE("one that is silent for too long is aborted, killed, and started anew; the other one stays") {
  Play play;
  play.both_run();
  CHECK(play.later(29s) == "");
  CHECK(play.says(0, "WATCHDOG=1") == "");
  CHECK(play.later(1s) == "ABRT b, b STOPPING");
  CHECK(play.says(1, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=9000000") == "");  // too late
  CHECK_FALSE(play.machine.healthy());
  CHECK(play.later(499ms) == "");
  CHECK(play.later(1ms) == "KILL b");
  CHECK(play.dies(1) == "b BACKOFF");
  CHECK(play.machine.wait(1) == 100ms);
  CHECK(play.machine.words().find("b BACKOFF 1 s") != std::string::npos);
  CHECK(play.later(100ms) == "start b, b STARTING");
}

TEST_CASE("the period of WATCHDOG=1 may be changed, and hangs may be told") {
  Play play({{"a"}});
  play.begin();
  CHECK(play.says(0, "WATCHDOG_USEC=5000000\nREADY=1") == "a RUNNING");
  CHECK(play.later(4999ms) == "");
  CHECK(play.says(0, "WATCHDOG_USEC=0") == "");
  CHECK(play.later(1h) == "");
  CHECK(play.says(0, "WATCHDOG_USEC=1000000") == "");
  CHECK(play.says(0, "WATCHDOG=trigger") == "ABRT a, a STOPPING");
  play.dies(0, SIGABRT);
  play.later(100ms);
  play.says(0, "READY=1");
  CHECK(play.later(29'999ms) == "");  // a new process has the period of the settings
  CHECK(play.later(1ms) == "ABRT a, a STOPPING");

  WatchdogSettings never;
  never.timeout = 0ms;
  Play calm({{"a"}}, never);
  calm.begin();
  calm.says(0, "READY=1");
  CHECK(calm.later(2h) == "");
}

TEST_CASE("one that does not get ready in time is ended, unless it asks for more time") {
  Play play;
  play.begin();
  CHECK(play.later(59s) == "");
  CHECK(play.says(0, "EXTEND_TIMEOUT_USEC=10000000") == "");
  CHECK(play.later(9900ms) == "");
  CHECK(play.later(100ms) == "TERM a, a STOPPING");
  CHECK(play.dies(0, SIGTERM) == "a BACKOFF");
  std::string all;
  for (int i = 0; i < 4; ++i) all = play.later(62s), all = play.dies(0, SIGTERM);
  CHECK(all == "a FATAL, finish 70");  // though there was never more than one start within the window
}

TEST_CASE("what ends too often within the window ends all, the others drained") {
  Play play;
  play.both_run();
  for (const Millis wait : {100ms, 200ms, 400ms, 800ms}) {
    CHECK(play.exits(1, 1) == "b BACKOFF");
    CHECK(play.machine.wait(1) == wait);
    CHECK(play.later(wait) == "start b, b STARTING");
    play.says(1, "READY=1");
  }
  CHECK(play.dies(1, SIGSEGV) == "b FATAL, TERM a, a STOPPING");
  CHECK(play.machine.ending(1).signal == SIGSEGV);
  CHECK(play.exits(0, 0) == "a STOPPED, finish 70");
}

TEST_CASE("what ends more seldom is started for ever, and soon") {
  Play play({{"a"}});
  play.begin();
  for (int i = 0; i < 30; ++i) {
    play.says(0, "READY=1\nWATCHDOG_USEC=0");
    play.later(241s);
    CHECK(play.exits(0, 1) == "a BACKOFF");
    CHECK(play.later(100ms) == "start a, a STARTING");
  }
}

TEST_CASE("what hangs each time is given up") {
  Play play({{"a"}});
  play.begin();
  for (int i = 0; i < 5; ++i) {
    play.says(0, "READY=1");
    CHECK(play.later(30s) == "ABRT a, a STOPPING");
    CHECK(play.dies(0, SIGABRT) == (i < 4 ? "a BACKOFF" : "a FATAL, finish 70"));
    play.later(1s);
  }
}

TEST_CASE("a wrong command line or configuration ends all at once, with its status") {
  for (const int status : {64, 78}) {
    Play play;
    play.begin();
    play.says(0, "READY=1");
    CHECK(play.exits(1, status) == "b FATAL, TERM a, a STOPPING");
    CHECK(play.exits(0, 0) == "a STOPPED, finish " + std::to_string(status));
  }
}

TEST_CASE("status 0 is an end for what has work to do, and a fault of what serves") {
  Play serves({{"a"}});
  serves.begin();
  serves.says(0, "READY=1");
  CHECK(serves.says(0, "STOPPING=1") == "a STOPPING");
  CHECK(serves.exits(0, 0) == "a BACKOFF");

  Play works({{"a", false, true}});
  CHECK(works.begin() == "start a, a STARTING, a RUNNING");
  CHECK(works.later(1h) == "");
  CHECK(works.exits(0, 0) == "a EXITED, finish 0");

  Play hangs({{"a", true, true}});
  hangs.begin();
  hangs.says(0, "READY=1");
  hangs.later(30s);
  CHECK(hangs.exits(0, 0) == "a BACKOFF");
}

TEST_CASE("one that ends of itself is killed when that takes too long") {
  Play play({{"a"}});
  play.begin();
  play.says(0, "READY=1");
  play.says(0, "STOPPING=1");
  play.later(7s);
  CHECK(play.says(0, "EXTEND_TIMEOUT_USEC=3000000") == "");
  CHECK(play.later(2999ms) == "");
  CHECK(play.later(1ms) == "KILL a");
}

TEST_CASE("all have ended within stop_timeout, whatever they do") {
  Play play;
  play.both_run();
  play.signal(SIGTERM);
  CHECK(play.says(1, "EXTEND_TIMEOUT_USEC=60000000") == "");
  CHECK(play.later(7499ms) == "");
  CHECK(play.later(1ms) == "KILL b");
  CHECK(play.later(499ms) == "");
  CHECK(play.later(1ms) == "finish 0");

  Play stuck;
  stuck.both_run();
  stuck.signal(SIGINT);
  CHECK(stuck.later(1875ms) == "KILL b");  // a quarter of the 7.5 s before those that are left are killed
  CHECK(stuck.dies(1) == "b STOPPED, TERM a, a STOPPING");
  CHECK(stuck.later(5624ms) == "");
  CHECK(stuck.later(1ms) == "KILL a");
  CHECK(stuck.dies(0) == "a STOPPED, finish 0");
}

TEST_CASE("a second TERM ends all at once; the same one said twice does not") {
  Play play;
  play.both_run();
  play.signal(SIGTERM);
  play.later(499ms);
  CHECK(play.signal(SIGTERM) == "");
  play.later(1ms);
  CHECK(play.signal(SIGTERM) == "KILL a, a STOPPING, KILL b");
  CHECK(play.dies(1) == "b STOPPED");
  CHECK(play.dies(0) == "a STOPPED, finish 143");
}

TEST_CASE("a stop starts nothing, and waits for what is ending already") {
  Play play;
  play.both_run();
  play.exits(1, 1);
  CHECK(play.signal(SIGTERM) == "b STOPPED, TERM a, a STOPPING");
  CHECK(play.says(0, "READY=1") == "");
  CHECK(play.exits(0, 0) == "a STOPPED, finish 0");

  Play hung;
  hung.both_run();
  hung.says(0, "WATCHDOG=1");
  hung.says(1, "WATCHDOG=trigger");
  CHECK(hung.signal(SIGTERM) == "");
  CHECK(hung.later(500ms) == "KILL b");
  CHECK(hung.dies(1) == "b STOPPED, TERM a, a STOPPING");
}

TEST_CASE("HUP goes to those that run, and later to those that start") {
  Play play;
  play.begin();
  CHECK(play.signal(SIGHUP) == "");
  CHECK(play.says(0, "READY=1") == "a RUNNING, HUP a, start b, b STARTING");
  CHECK(play.signal(SIGHUP) == "HUP a");
  CHECK(play.says(0, "RELOADING=1") == "");
  CHECK(play.machine.reloading());
  CHECK(play.says(0, "READY=1\nSTATUS=reload failed: x") == "");
  CHECK_FALSE(play.machine.reloading());
  CHECK(play.says(1, "READY=1") == "b RUNNING, HUP b");
  play.exits(1, 1);
  CHECK(play.signal(SIGHUP) == "HUP a");  // b will read the new one
}

TEST_CASE("time in which nothing could run is nobody's silence") {
  Play play({{"a"}});
  play.begin();
  play.says(0, "READY=1");
  play.later(10s);
  play.clock.advance(1h);  // paused, and nobody was asked for a tick
  CHECK(play.later(18900ms) == "");
  CHECK(play.later(400ms) == "ABRT a, a STOPPING");
}

TEST_CASE("the second program waits for the first one's next start, and is then on its own") {
  Play play;
  play.begin();
  CHECK(play.exits(0, 1) == "a BACKOFF");
  CHECK(play.later(100ms) == "start a, a STARTING");
  CHECK(play.says(0, "READY=1") == "a RUNNING, start b, b STARTING");
  CHECK(play.exits(0, 1) == "a BACKOFF");
  CHECK(play.says(1, "READY=1") == "b RUNNING");
  CHECK(play.later(200ms) == "start a, a STARTING");
}

TEST_CASE("the parts of a stop are those that it gives") {
  CHECK(Supervision::part_of_stop(8s, 1, 2) == 1875ms);
  CHECK(Supervision::part_of_stop(8s, 0, 2) == 5625ms);
  CHECK(Supervision::part_of_stop(8s, 0, 1) == 7500ms);
}
