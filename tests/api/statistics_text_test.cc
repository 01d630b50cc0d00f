/// statistics_text_test.cc: tables that keep to their width, and plots that fit.
#include "api/statistics_text.h"

#include <catch2/catch.hpp>

#include "core/text.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace std::chrono_literals;

namespace {

Digest seen_digest(std::size_t hours = 3) {
  store::Numbers numbers;
  numbers.since = store::begin_of(0);
  numbers.totals = {{"stored", 12345}, {"reason:relaying", 7}, {"bytes", 1u << 20}};
  numbers.counts = {{498, "stored", 4},          {500, "stored", 2000},       {500, "bytes", 1536},
                    {500, "reason:relaying", 2}, {500, "reason:sequence", 1}, {500, "reason:evil\x1b[2J\xc2\x9b", 1},
                    {500, "latency:0.005", 90},  {500, "latency:inf", 10}};
  Digest digest = digest_of(plot_of(numbers, 500, hours), store::begin_of(500) + 30min);
  digest.store = StoreUse{1, 2, 300, 1000};
  return digest;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("statistics_text: totals, hours, details, in that order") {
  const std::string text = statistics_text(seen_digest(), {}, {});
  INFO(text);
  std::size_t at = 0;
  for (const char* part : {"From 1970-01-21 18:00 to 1970-01-21 20:30 UTC; the last hour (*) is not over\n"
                           "In total: since 1970-01-01 00:00\n",
                           "\nGrand totals\n",
                           "PER MINUTE",
                           "stored",
                           "2,004",
                           "802",
                           "13.4",
                           "2,000",
                           "12,345",
                           "\nBy hour\n",
                           "1970-01-21 18:00",
                           "1970-01-21 20:00 *",
                           "2,000",
                           "1.5K",
                           "\nBy reason",
                           "relaying",
                           "50.0%",
                           "\nBy list",
                           "  none\n",
                           "\nBy filter",
                           "\nLatency",
                           "half (p50)",
                           "3.89 ms",
                           "2.5 ms",
                           "5 ms",
                           "p99",
                           "more",
                           "10 s",
                           "any time",
                           "\nStore\n",
                           "30.0%"}) {
    INFO(part);
    at = text.find(part, at);
    REQUIRE(at != std::string::npos);
  }
  CHECK_FALSE(has(text, "By source"));  // nobody looked
  CHECK_FALSE(has(text, "\x1b"));
  CHECK_FALSE(has(text, "\xc2\x9b"));
}

TEST_CASE("statistics_text: no line is wider than the screen, and plots are there where there is room") {
  for (const std::size_t width : {20, 40, 60, 80, 120, 200}) {
    const std::string text = statistics_text(seen_digest(24), {}, {width, true, false});
    for (const std::string_view line : split(text, '\n')) {
      INFO(width << ": " << line);
      CHECK(display_width(line) <= width);
    }
    CHECK(has(text, "█") == (width >= 40));
  }
  CHECK_FALSE(has(statistics_text(seen_digest(24), {}, {120, false, false}), "█"));
}

TEST_CASE("statistics_text: one part alone, of it the first few, and how many more there are") {
  const std::string text = statistics_text(seen_digest(), {StatisticsPart::reason, 1}, {});
  CHECK(has(text, "relaying"));
  CHECK(has(text, "and 2 more"));
  CHECK_FALSE(has(text, "sequence"));
  CHECK_FALSE(has(text, "Grand totals"));
}

TEST_CASE("statistics_text: many hours are days, but where hours are asked for") {
  const std::string days = statistics_text(seen_digest(100), {}, {});
  CHECK(has(days, "By day"));
  CHECK(has(days, "1970-01-17 "));
  CHECK(has(days, "1970-01-21 *"));
  CHECK_FALSE(has(days, "1970-01-21 18:00 "));
  CHECK(has(statistics_text(seen_digest(100), {StatisticsPart::hour, 0}, {}), "1970-01-21 18:00 "));
}

TEST_CASE("statistics_text: a line for each look, with the rate since the one before") {
  const Digest before = seen_digest();
  Digest now = before;
  now.now += 2s;
  now.plot.series[0].total += 3;
  CHECK(statistics_line(before, before) ==
        "1970-01-21T20:30:00.000Z stored=12345 refused=0 deferred=0 discarded=0 connections=0");
  CHECK(statistics_line(now, before) ==
        "1970-01-21T20:30:02.000Z stored=12348 refused=0 deferred=0 discarded=0 connections=0 stored_per_minute=90");
}

TEST_CASE("statistics_text: a sparkline shows the least as something, nothing as nothing, and neighbours as one") {
  using Counts = std::vector<std::uint64_t>;
  CHECK(sparkline(Counts{0, 1, 500, 1000}, 10) == " ▁▄█");
  CHECK(sparkline(Counts{1, 1, 2, 2}, 2) == "▄█");
  CHECK(sparkline(Counts{0, 0}, 2) == "  ");
  CHECK(sparkline(Counts{}, 5).empty());
  CHECK(sparkline(Counts{1}, 0).empty());
  CHECK(sparkline(Counts{UINT64_MAX, UINT64_MAX, 0}, 2) == "█ ");
}
