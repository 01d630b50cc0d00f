/// list_test.cc: the table fits every width, whatever senders wrote.
#include <catch2/catch.hpp>

#include "capture.h"
#include "core/text.h"
#include "inbox.h"

namespace maildrop::cmd {
namespace {

using test::summary;

const Time kNow = from_millis(1'700'000'000'000) + std::chrono::hours(3);

Screen terminal(std::size_t width) {
  Screen screen;
  screen.terminal = true;
  screen.width = width;
  return screen;
}

Summaries hostile_list() {
  Summaries all;
  int n = 0;
  for (const std::string& text :
       std::vector<std::string>{"plain", "", "\x1b]52;c;ZXZpbA==\x07",
                                "\xc2\x9b"
                                "31m",
                                "\xe2\x80\xae"
                                "gnp.exe",
                                "two\r\nlines\tand a tab", std::string(3000, 'x'), std::string(500, '\xff'),
                                "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
                                std::string("nul\0here", 8), "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"}) {
    all.push_back(summary("d000000" + std::string(1, static_cast<char>('a' + n++)) + "zzzzzzzzzzzzzzzzzz", text, text));
  }
  return all;
}

std::vector<std::string> lines_of(std::size_t width, const Summaries& all) {
  Table table(terminal(width), prefix_length(all), kNow);
  table.fit(all);
  std::vector<std::string> lines = {table.heading()};
  for (const store::Summary& each : all) lines.push_back(table.row(each));
  return lines;
}

TEST_CASE("a table is as wide as the terminal at most, and its columns stand in line") {
  const Summaries all = hostile_list();
  for (const std::size_t width : {45u, 60u, 80u, 132u, 1000u}) {
    for (const std::string& line : lines_of(width, all)) {
      CAPTURE(width, line);
      REQUIRE(line.back() == '\n');
      const std::string text = line.substr(0, line.size() - 1);
      CHECK(terminal_safe(text) == text);
      CHECK(display_width(text) == width);
    }
  }
}

TEST_CASE("a terminal too narrow for a table gets one that wraps") {
  for (const std::size_t width : {1u, 10u, 44u}) CHECK(display_width(lines_of(width, hostile_list()).back()) >= 20);
}

TEST_CASE("columns take no more than they need") {
  const auto lines = lines_of(200, {summary("d000000azzzzzzzzzzzzzzzzzz", "a@x", "hi")});
  CHECK(lines[0] == "ID         AGE  FROM  SUBJECT   SIZE\n");
  CHECK(lines[1] == "d000000a    3h  a@x   hi        1.5K\n");
}

TEST_CASE("a program gets five fields and nothing cut") {
  const Table table(Screen{}, 8, kNow);
  CHECK(table.heading().empty());
  CHECK(table.row(summary("d000000azzzzzzzzzzzzzzzzzz", "", "tab\there")) ==
        "d000000azzzzzzzzzzzzzzzzzz\t2023-11-14T22:13:20.000Z\tenvelope@example.com\ttab\xef\xbf\xbdhere\t1536\n");
  for (const store::Summary& each : hostile_list()) {
    const std::string row = table.row(each);
    CHECK(split(row, '\t').size() == 5);
    CHECK(row.find('\n') == row.size() - 1);
    CHECK(row.find('\x1b') == std::string::npos);
  }
  CHECK_THAT(table.row(summary("d000000azzzzzzzzzzzzzzzzzz", "a", std::string(900, 'x'))),
             Catch::Contains(std::string(900, 'x')));
}

TEST_CASE("what filters made of a message stands before its subject") {
  store::Summary marked = summary("d000000azzzzzzzzzzzzzzzzzz", "a@x", "hi");
  marked.mark = store::Mark::tag;
  CHECK_THAT(Table(Screen{}, 8, kNow).row(marked), Catch::Contains("\t[tag] hi\t"));
  CHECK(lines_of(200, {marked})[1] == "d000000a    3h  a@x   [tag] hi   1.5K\n");
  marked.mark = store::Mark::quarantine;
  CHECK_THAT(Table(Screen{}, 8, kNow).row(marked), Catch::Contains("\t[quarantine] hi\t"));
}

TEST_CASE("mail from the null sender is told as such") {
  store::Summary bounce = summary("d000000azzzzzzzzzzzzzzzzzz", "", "s");
  bounce.from.clear();
  CHECK(sender_of(bounce) == "<>");
}

TEST_CASE("a message from the future is no age") {
  const Table table(terminal(80), 8, from_millis(0));
  CHECK_THAT(table.row(summary("d000000azzzzzzzzzzzzzzzzzz", "a", "s")), Catch::Contains("  0s  "));
}

}  // namespace
}  // namespace maildrop::cmd
