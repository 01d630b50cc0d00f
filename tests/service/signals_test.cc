/// signals_test.cc: TERM, HUP and their order.
#include "service/signals.h"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>

using namespace maildrop::service;

TEST_CASE("HUP reloads, the first TERM drains, the second ends, and nothing reloads while draining") {
  boost::asio::io_context context;
  std::string calls;
  int last = 0;
  const auto end = [&](int number) {
    calls += 'e';
    last = number;
  };
  auto signals = std::make_unique<Signals>(context, SignalHandlers{[&] { calls += 'd'; }, end, [&] { calls += 'r'; }});
  const auto raise = [&](int number, std::size_t calls_then) {
    std::raise(number);
    while (calls.size() < calls_then) context.run_one();
  };
  raise(SIGHUP, 1);
  raise(SIGTERM, 2);
  raise(SIGHUP, 2);
  // `timeout` signals a process and then its group: that is one wish.
  std::raise(SIGTERM);
  std::raise(SIGINT);
  context.run_for(kSameSignal + std::chrono::milliseconds(50));
  CHECK(calls == "rd");
  raise(SIGINT, 3);
  CHECK(calls == "rde");
  CHECK(last == SIGINT);
  std::raise(SIGHUP);  // on its way when all is over
  signals->cancel();
  context.run();  // comes back
  CHECK(calls == "rde");
  signals.reset();
  std::raise(SIGTERM);  // too late, and no reason to end by it
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

TEST_CASE("a handler that throws is not the last one") {
  boost::asio::io_context context;
  int reloads = 0;
  const auto reload = [&] {
    if (++reloads == 1) throw std::runtime_error("on purpose");
  };
  Signals signals(context, {[] {}, [](int) {}, reload});
  for (int wanted = 1; wanted <= 2; ++wanted) {
    std::raise(SIGHUP);
    while (reloads < wanted) context.run_one();
  }
  CHECK(reloads == 2);
}

TEST_CASE("the file limit is what the process can have") { CHECK(raise_file_limit() >= 256); }
