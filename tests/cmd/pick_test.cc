/// pick_test.cc: which message a selector means, and which a pattern lets through.
#include <catch2/catch.hpp>
#include <chrono>

#include "capture.h"
#include "inbox.h"

namespace maildrop::cmd {
namespace {

using test::summary;

const Summaries kThree = {summary("d0000000aaaaaaaaaaaaaaaaaa", "A <a@x>", "newest"),
                          summary("d0000000abbbbbbbbbbbbbbbbb", "B <b@x>", "middle \x1b[2J"),
                          summary("c0000000cccccccccccccccccc", "", "oldest")};

TEST_CASE("a selector is latest, a number, an id or the start of one") {
  struct Row {
    std::string selector, subject;  // empty: Code
    Code code = Code::internal;
  };
  const std::vector<Row> rows = {
      {"latest", "newest"},
      {"1", "newest"},
      {"3", "oldest"},
      {"d0000000aaaaaaaaaaaaaaaaaa", "newest"},
      {"D0000000AB", "middle \x1b[2J"},
      {"c", "oldest"},
      {"0", "", Code::not_found},
      {"4", "", Code::not_found},
      {"99999", "", Code::not_found},
      {"999999", "", Code::not_found},  // six digits: the start of an id
      {"e", "", Code::not_found},
      {"d", "", Code::invalid},
      {"d0000000a", "", Code::invalid},
      {"", "", Code::invalid},
      {"last", "", Code::invalid},  // there is no l in an id
      {"../etc/passwd", "", Code::invalid},
      {"d0000000aaaaaaaaaaaaaaaaaaa", "", Code::invalid},  // 27
  };
  for (const Row& row : rows) {
    CAPTURE(row.selector);
    const auto found = pick(kThree, row.selector);
    CHECK(found.has_value() == !row.subject.empty());
    if (found) CHECK(found->subject == row.subject);
    if (!found) CHECK(found.error().code == row.code);
  }
  CHECK(pick({}, "latest").error().code == Code::not_found);
}

TEST_CASE("one that fits several tells them all, safely") {
  const auto found = pick(kThree, "d0");
  REQUIRE(!found);
  CHECK_THAT(found.error().what, Catch::Contains("d0000000aaaaaaaaaaaaaaaaaa  newest") &&
                                     Catch::Contains("d0000000abbbbbbbbbbbbbbbbb  middle \xef\xbf\xbd[2J"));
  CHECK(found.error().what.find("oldest") == std::string::npos);
}

TEST_CASE("the prefix that is shown names one message") {
  CHECK(prefix_length({}) == 8);
  CHECK(prefix_length({kThree[2]}) == 8);
  CHECK(prefix_length(kThree) == 10);
  for (const store::Summary& each : kThree) {
    const auto found = pick(kThree, each.id.text().substr(0, prefix_length(kThree)));
    REQUIRE(found);
    CHECK(found->id == each.id);
  }
}

TEST_CASE("a pattern looks at subject and sender") {
  struct Row {
    std::string pattern, from, subject;
    bool matches;
  };
  const std::vector<Row> rows = {
      {"", "", "", true},
      {"code", "a", "Your CODE", true},
      {"Code", "a", "Your CODE", false},  // a capital: case counts
      {"^a@x", "a@x.org", "s", true},
      {"envelope@", "a", "s", true},
      {"[0-9]{6}", "a", "it is 123456", true},
      {"nothing", "a", "s", false},
      {"after", "a", std::string("nul\0after", 9), true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.subject);
    const auto pattern = Pattern::parse(row.pattern);
    REQUIRE(pattern);
    CHECK(pattern->matches(summary("c0000000cccccccccccccccccc", row.from, row.subject)) == row.matches);
  }
  for (const char* wrong : {"(", "[", "a{2", "*("}) CHECK(Pattern::parse(wrong).error().code == Code::invalid);
}

}  // namespace
}  // namespace maildrop::cmd
