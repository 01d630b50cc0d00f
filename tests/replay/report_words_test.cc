/// report_words_test.cc: numbers and times, as they are said.
#include "replay/report_words.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "core/parse_time.h"
#include "core/text.h"
#include "replay/report_plots.h"
#include "replay/report_table.h"

using namespace maildrop;
using namespace maildrop::replay;
using namespace std::chrono_literals;

TEST_CASE("so many digits, and no minus before nothing") {
  CHECK(fixed(1.005, 1) == "1.0");
  CHECK(fixed(-0.001, 2) == "0.00");
  CHECK(fixed(-0.5, 0) == "0");
  CHECK(fixed(-1.5, 1) == "-1.5");
  CHECK(fixed(1e300, 2).size() == 304);
  CHECK(rounded(2.0 / 3, 6) == 0.666667);
  CHECK(rounded(-0.0000001, 6) == 0);
  CHECK(rounded(std::numeric_limits<double>::infinity(), 6) == 0);
  CHECK(score_text_of_hundredths(-7) == "-0.07");
  CHECK(score_text_of_hundredths(-5001) == "-50.01");
  CHECK(score_text_of_hundredths(1250) == "12.50");
}

TEST_CASE("parts of a hundred, and of nothing") {
  CHECK(percent({1, 3}) == "33.33 %");
  CHECK(percent_range({0, 20}) == "0.00 to 16.11 %");
  CHECK(percent({0, 0}) == "–");
  CHECK(percent_range({0, 0}) == "–");
}

TEST_CASE("slots by their width") {
  const Time time = *parse_rfc3339("2003-02-04T09:05:00.000Z");
  CHECK(slot_text(time, 5min) == "4 Feb 2003 09:05");
  CHECK(slot_text(time, 24h) == "4 Feb 2003");
  CHECK(width_text(1min) == "1 minute");
  CHECK(width_text(6h) == "6 hours");
  CHECK(width_text(24h) == "1 day");
  CHECK(width_text(24h * 14) == "2 weeks");
}

TEST_CASE("what was deferred has rows of its own") {
  Summary summary;
  Outcome outcome;
  outcome.label = Label::ham;
  outcome.fate = Fate::deferred;
  summary.add(outcome);
  const auto rows = measures_of(summary);
  const auto row = std::find_if(rows.begin(), rows.end(), [](auto& each) { return each.name == "ham deferred"; });
  REQUIRE(row != rows.end());
  CHECK(row->of == "1 of 1");
  CHECK(rows[0].value == "–");  // recall, without spam
  CHECK(measures_of(Summary()).empty());
}

TEST_CASE("who hit most spam is first, and who found nothing is not there") {
  Summary summary({"idle", "less", "more", "failed"});
  Outcome outcome;
  outcome.label = Label::spam;
  Hit hit;
  for (const std::size_t filter : {1, 2, 2}) {
    hit.filter = filter;
    outcome.hits = {hit};
    summary.add(outcome);
  }
  hit.filter = 3;
  hit.failed = true;
  outcome.hits = {hit};
  summary.add(outcome);
  CHECK(busy_filters(summary) == std::vector<std::size_t>{2, 1, 3});
}

TEST_CASE("columns are as wide as what is in them, by what a terminal shows") {
  TextTable table;
  table.add({"name", "n"});
  table.add({"größe", "1,234"});
  table.add({std::string(200, 'x'), "5"});
  const std::string text = table.text();
  const auto lines = split(text, '\n');
  for (std::size_t i = 0; i < 3; ++i) CHECK(display_width(lines[i]) == TextTable::kNameWidth + 2 + 5);
  TextTable words(TextTable::Last::left);
  words.add({"a", "1", "one"});
  words.add({"b", "22", "twenty-two"});
  CHECK(words.text() == "a   1  one\nb  22  twenty-two\n");
}

TEST_CASE("scores are drawn in so many bins at most, which begin at whole ones") {
  for (const double widest : {0.1, 3.0, 19.9, 49.0, 1e9}) {
    Summary summary;
    Outcome outcome;
    for (const double score : {-widest, widest / 3, widest}) {
      outcome.score = score;
      summary.add(outcome);
    }
    const DrawnScores drawn = drawn_scores(summary);
    CHECK(drawn.bins.size() <= kDrawnBins);
    CHECK(drawn.first % drawn.width == 0);
    std::uint64_t all = 0;
    for (const PerLabel& bin : drawn.bins) all += bin[0];
    CHECK(all == 3);
    CHECK(drawn.bins.front()[0] > 0);
    CHECK(drawn.bins.back()[0] > 0);
  }
  CHECK(drawn_scores(Summary()).empty());
}
