/// log_line_test.cc: what the log has written is read back, in each of its forms.
#include "core/log_line.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/log.h"

using namespace maildrop;
using Format = LogSettings::Format;

TEST_CASE("a line of the log is read back") {
  const Time now = from_millis(1'700'000'000'000);
  const Format form = GENERATE(Format::text, Format::automatic, Format::json);
  const auto line = log::parse_line(log::format(
      form, log::Level::warning, "store full, mail makes room",
      {{"session", "abc"}, {"why", "a \"b\" c=d \\"}, {"none", ""}, {"size", 3}, {"score", -0.5}, {"name", "müller"}},
      now));
  REQUIRE(line);
  CHECK(line->event == "store full, mail makes room");
  CHECK(line->time.has_value() == (form != Format::automatic));
  CHECK(line->time.value_or(now) == now);
  CHECK(line->level == (form == Format::automatic ? "" : "warning"));
  REQUIRE(line->fields.size() == 6);
  CHECK(line->field("session") == "abc");
  CHECK(line->field("why") == "a \"b\" c=d \\");
  CHECK(line->field("none").empty());
  CHECK(line->field("size") == "3");
  CHECK(line->field("score") == "-0.5");
  CHECK(line->field("name") == "müller");
  CHECK(line->field("other").empty());
}

TEST_CASE("an event may come alone, and what the journal has taken the priority from") {
  CHECK(log::parse_line("ended")->event == "ended");
  CHECK(log::parse_line("goes on again")->fields.empty());
  CHECK(log::parse_line("session session=a peer=local")->field("peer") == "local");
}

TEST_CASE("control characters stay escaped") {
  const std::string text = log::format(Format::text, log::Level::info, "x", {{"helo", "\x1b[2J\n"}}, from_millis(0));
  CHECK(log::parse_line(text)->field("helo") == "\\x1B[2J\\x0A");
}

TEST_CASE("anything else is no line of the log") {
  for (const char* text : {"", " ", "=", "a==", "x y=\"never ends", "x y=\"a\"b", "x K=v", "{", "{}", "[1]",
                           "{\"event\":1}", R"({"time":"2023-11-14T22:13:20.000Z","event":"x","a":[1]})",
                           "2023-11-14T22:13:20.000Z loud x", "\"", "x y=z w"}) {
    INFO(text);
    CHECK_FALSE(log::parse_line(text));
  }
}
