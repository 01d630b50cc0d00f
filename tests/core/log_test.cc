/// log_test.cc: one event is one line, whatever a stranger put into it.
#include "core/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/log_line.h"
#include "core/settings.h"

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

TEST_CASE("gathered lines are written together, in order, and at once with a warning") {
  const int kept = dup(STDERR_FILENO);
  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe2(pipe_ends.data(), O_DIRECT | O_NONBLOCK | O_CLOEXEC) == 0);  // each read gives what one write wrote
  dup2(pipe_ends[1], STDERR_FILENO);
  log::open(LogSettings{});
  std::vector<std::string> writes;
  const auto collect = [&] {
    std::string packet(8192, '\0');
    for (ssize_t n; (n = ::read(pipe_ends[0], packet.data(), packet.size())) > 0;)
      writes.emplace_back(packet, 0, static_cast<std::size_t>(n));
  };
  const std::string value(200, 'x');
  {
    const log::Gather gather;
    log::info("a");
    log::info("b");
    collect();
    CHECK(writes.empty());
    log::warning("c");
    collect();
    CHECK(writes.size() == 1);
    for (int i = 0; i < 30; ++i) log::info("long", {{"v", value}});
    collect();
    CHECK(writes.size() == 2);
    std::thread([] { log::info("elsewhere"); }).join();
    collect();
    CHECK(writes.size() == 3);
  }
  collect();
  CHECK(writes.size() == 4);
  log::info("after");
  collect();
  dup2(kept, STDERR_FILENO);
  close(kept), close(pipe_ends[0]), close(pipe_ends[1]);
  log::open(LogSettings{});
  REQUIRE(writes.size() == 5);
  CHECK_THAT(writes[0], Catch::Matches("[^\n]* info a\n[^\n]* info b\n[^\n]* warning c\n"));
  CHECK(writes[1].size() <= 4096);
  CHECK(writes[1].back() == '\n');
}

TEST_CASE("a full standard error drops lines and counts them, while others reopen") {
  const int kept = dup(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  dup2(full, STDERR_FILENO);
  const std::uint64_t before = log::dropped();
  LogSettings unfolded;
  unfolded.repeats = 0;
  log::open(unfolded);
  std::thread writer([] {
    for (int i = 0; i < 90; ++i) log::error("x");
    const log::Gather gather;
    for (int i = 0; i < 10; ++i) log::info("x");
  });
  for (int i = 0; i < 100; ++i) log::open(unfolded);
  writer.join();
  const std::uint64_t after = log::dropped();
  log::open(LogSettings{});
  dup2(kept, STDERR_FILENO);
  close(full), close(kept);
  CHECK(after - before == 100);
}

TEST_CASE("a reader that has stalled stalls nobody, however long a line is") {
  const std::string bad(2000, '\xff');
  LogSettings json;
  json.format = Format::json;
  CHECK(log::format(Format::json, Level::info, "long", {{"v", bad}}, kNow).size() < 1000);
  const int kept = dup(STDERR_FILENO);
  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe2(pipe_ends.data(), O_CLOEXEC) == 0);
  const auto room = static_cast<std::size_t>(fcntl(pipe_ends[1], F_SETPIPE_SZ, 8192));
  const std::string all_but_a_page(room - 4096, 'x');
  REQUIRE(::write(pipe_ends[1], all_but_a_page.data(), all_but_a_page.size()) > 0);
  dup2(pipe_ends[1], STDERR_FILENO);
  log::open(json);
  const std::uint64_t before = log::dropped();
  log::info("long", {{"a", bad}, {"b", bad}, {"c", bad}, {"d", bad}, {"e", bad}, {"f", bad}});  // would hang
  const std::uint64_t after = log::dropped();
  dup2(kept, STDERR_FILENO);
  close(kept), close(pipe_ends[0]), close(pipe_ends[1]);
  log::open(LogSettings{});
  CHECK(after - before == 1);
}

TEST_CASE("a field without a text or a count may be left out") {
  CHECK_THAT(log::format(Format::text, Level::info, "e",
                         {log::Field::if_any("a", std::uint64_t{0}), log::Field::if_any("b", std::uint64_t{2})}, kNow),
             Catch::EndsWith(" info e b=2"));
  CHECK_THAT(log::format(
                 Format::text, Level::info, "e",
                 {log::Field::if_any("a", std::optional<double>()), log::Field::if_any("b", std::optional(0.5))}, kNow),
             Catch::EndsWith("e b=0.5"));
  CHECK_THAT(log::format(Format::text, Level::info, "e", {log::Field::if_any("a", ""), {"b", ""}}, kNow),
             Catch::EndsWith(" info e b=\"\""));
  CHECK_THAT(
      log::format(Format::json, Level::info, "e", {log::Field::if_any("a", ""), log::Field::if_any("b", "x")}, kNow),
      Catch::EndsWith("\"event\":\"e\",\"b\":\"x\"}"));
}

TEST_CASE("modules are the folders of the sources, and the manual names them all") {
  std::set<std::string> folders{"cmd"};
  for (const auto& each : std::filesystem::directory_iterator(MAILDROP_SOURCE_DIR "/lib"))
    if (each.is_directory()) folders.insert(each.path().filename());
  CHECK(folders == std::set<std::string>(LogSettings::kModules.begin(), LogSettings::kModules.end()));
  const Setting* row = find_setting("log.levels");
  REQUIRE(row);
  for (const std::string& each : folders) CHECK_THAT(std::string(row->help), Catch::Contains(each));
}

TEST_CASE("a module may have a level of its own") {
  LogSettings settings;
  settings.levels = {{"smtp", Level::warning}, {"api", Level::debug}};
  log::open(settings);
  CHECK(log::enabled(Level::info));
  CHECK_FALSE(log::enabled(Level::debug));
  CHECK_FALSE(log::enabled(Level::info, "/src/lib/smtp/server.cc"));
  CHECK(log::enabled(Level::warning, "lib/smtp/server.cc"));
  CHECK(log::enabled(Level::debug, "lib/api/server.cc"));
  CHECK_FALSE(log::enabled(Level::debug, "server.cc"));
  log::open(LogSettings{});
}

TEST_CASE("lines that come again and again are folded, and those of somebody are not") {
  const std::string path = "/tmp/maildrop-log-" + std::to_string(::getpid());
  LogSettings settings;
  settings.file = path;
  settings.repeats = 2;
  settings.format = GENERATE(Format::text, Format::json);
  log::open(settings);
  const std::uint64_t before = log::repeated();
  for (int i = 0; i < 5; ++i) {
    log::warning("feed_failed", {{"error", "gone"}});
    log::info("message", {{"id", "always"}});
    const std::string peer = "192.0.2." + std::to_string(i);
    log::info("session",
              {log::Field::varying("session", i), log::Field::telling_kind("near"), log::Field::varying("peer", peer)});
    log::info("session", {log::Field::varying("session", i), {"peer", peer}});
  }
  CHECK(log::repeated() - before == 6);
  log::settle(log::Settle::all);
  log::open(LogSettings{});
  std::ifstream in(path);
  std::vector<log::Line> lines;
  for (std::string text; std::getline(in, text);) lines.push_back(log::parse_line(text).value());
  ::unlink(path.c_str());
  if (lines.back().event == "log lines were lost") lines.pop_back();  // those of a test before
  REQUIRE(lines.size() == 2 + 5 + 2 + 5 + 2);
  CHECK(lines[14].event == "feed_failed");
  CHECK(lines[14].level == "warning");
  CHECK(lines[14].field("repeated") == "3");
  CHECK(lines[15].field("session") == "4");
  CHECK(lines[15].field("repeated") == "3");
}

TEST_CASE("a file that cannot be opened stops nobody, and is there again as soon as it can be") {
  const std::string folder = "/tmp/maildrop-log-folder-" + std::to_string(::getpid());
  LogSettings settings;
  settings.file = folder + "/log";
  CHECK_FALSE(log::check_file(settings));
  log::open(settings);
  const std::uint64_t before = log::dropped();
  log::info("lost");
  CHECK(log::dropped() - before == 1);
  std::filesystem::create_directory(folder);
  log::info("there");
  CHECK(log::dropped() - before == 1);
  log::open(LogSettings{});
  std::ifstream in(settings.file);
  std::vector<std::string> events;
  for (std::string text; std::getline(in, text);) events.push_back(log::parse_line(text).value().event);
  std::filesystem::remove_all(folder);
  CHECK(events == std::vector<std::string>{"there"});
}

TEST_CASE("what makes two lines the same may be said beside what is written") {
  const auto field = log::Field::telling_kind("192.0.2.0/24");
  CHECK_THAT(log::format(Format::text, Level::info, "e", {field, {"a", 1}}, kNow), Catch::EndsWith(" info e a=1"));
  CHECK_THAT(log::format(Format::json, Level::info, "e", {field, {"a", 1}}, kNow), Catch::EndsWith("\"e\",\"a\":1}"));
}
