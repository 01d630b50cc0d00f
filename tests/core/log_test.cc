/// log_test.cc: one event is one line, whatever a stranger put into it.
#include "core/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

using namespace maildrop;
using Format = LogSettings::Format;
using log::Level;

namespace {
const Time kNow = from_millis(1'700'000'000'000);
}

TEST_CASE("text is key=value, escaped") {
  CHECK(log::format(Format::text, Level::info, "stored", {{"from", "a b"}, {"size", 3u}, {"s", 0.5}}, kNow) ==
        "2023-11-14T22:13:20.000Z info stored from=\"a b\" size=3 s=0.5");
  CHECK(log::format(Format::automatic, Level::error, "bad", {{"x", "1\n<6>forged\x1b"}}, kNow) ==
        "<3>bad x=1\\x0A<6>forged\\x1B");
}

TEST_CASE("json is one object on one line, valid whatever comes") {
  const std::string line = log::format(Format::json, Level::warning, "odd", {{"x", "\xff\"\n\x1b"}, {"n", -1}}, kNow);
  CHECK_THAT(line, Catch::StartsWith("{\"time\":\"2023-11-14T22:13:20.000Z\",\"level\":\"warning\",\"event\":\"odd\""));
  CHECK_THAT(line, Catch::EndsWith("\"n\":-1}"));
  CHECK(line.find_first_of("\n\x1b\xff") == std::string::npos);
}

TEST_CASE("a full standard error drops lines and counts them, while others reopen") {
  const int kept = dup(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  dup2(full, STDERR_FILENO);
  const std::uint64_t before = log::dropped();
  std::thread writer([] {
    for (int i = 0; i < 100; ++i) log::error("x");
  });
  for (int i = 0; i < 100; ++i) log::open(LogSettings{});
  writer.join();
  const std::uint64_t after = log::dropped();
  dup2(kept, STDERR_FILENO);
  close(full), close(kept);
  CHECK(after - before == 100);
}
