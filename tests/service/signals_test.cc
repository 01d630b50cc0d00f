/// signals_test.cc: TERM, HUP and their order.
#include "service/signals.h"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

using namespace maildrop::service;

TEST_CASE("HUP reloads, the first TERM drains, the second ends, and nothing reloads while draining") {
  boost::asio::io_context context;
  std::string calls;
  Signals signals(context, {[&] { calls += 'd'; }, [&] { calls += 'e'; }, [&] { calls += 'r'; }});
  for (const int number : {SIGHUP, SIGTERM, SIGHUP, SIGINT}) {
    std::raise(number);
    context.run_one();
  }
  CHECK(calls == "rde");
  signals.cancel();
  context.run();
}

TEST_CASE("the file limit is what the process can have") { CHECK(raise_file_limit() >= 256); }
