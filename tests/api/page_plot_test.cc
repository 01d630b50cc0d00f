/// page_plot_test.cc: where a number is in a picture, and what of it can be read without seeing.
#include "api/page_plot.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::api;

namespace {

constexpr store::Hour kNoon = 472'236;  // 2023-11-15 12:00 UTC

bool has(const Markup& markup, std::string_view text) { return markup.text().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("plot: an axis ends at the next round number") {
  CHECK(axis_end(0) == 1);
  CHECK(axis_end(1) == 1);
  CHECK(axis_end(3) == 5);
  CHECK(axis_end(5) == 5);
  CHECK(axis_end(51) == 100);
  CHECK(axis_end(1'000'001) == 2'000'000);
  CHECK(axis_end(UINT64_MAX) == UINT64_MAX);
}

TEST_CASE("plot: bars stand on each other") {
  // 720 by 220 with 52, 14, 8 and 26 around: 660 by 180 for two hours and 10 messages.
  const Markup plot = stacked_bars("Mail", kNoon, {{"stored", "stored", {5, 0}}, {"refused", "refused", {5, 1}}});
  CHECK(has(plot, "<path class=\"stored\" d=\"M85 194V104h264V194z\"/>"));
  CHECK(has(plot, "<path class=\"refused\" d=\"M85 104V14h264V104zM415 194V176h264V194z\"/>"));
  CHECK(has(plot, "aria-label=\"Mail: 5 stored, 6 refused\""));
  CHECK(has(plot, "<title>15 Nov 12:00, 5 stored, 5 refused</title>"));
  CHECK(has(plot, "<title>15 Nov 13:00, 0 stored, 1 refused</title>"));
  CHECK(has(plot, ">12:00</text>"));
}

TEST_CASE("plot: lines go through the middle of their hours") {
  const Markup plot = lines("Lists", kNoon, {{"<b>", "c0", {0, 2}}});
  CHECK(has(plot, "<path class=\"line c0\" d=\"M217 194L547 14\"/>"));
  CHECK(has(plot, "&lt;b&gt;"));
  CHECK_FALSE(has(plot, "<b>"));
}

TEST_CASE("plot: an hour without anything is not told, and days stand under many hours") {
  const Markup plot = stacked_bars("Mail", kNoon, {{"stored", "stored", std::vector<std::uint64_t>(168, 0)}});
  CHECK_FALSE(has(plot, "<title>"));
  CHECK(has(plot, ">16 Nov</text>"));
  CHECK(has(plot, ">1</text>"));
  CHECK(has(plot, ">0</text>"));
}

TEST_CASE("plot: a bar is its part of the most") {
  CHECK(has(table_bar(1, 4, "refused"), "width=\"25\""));
  CHECK(has(table_bar(1, 4'000'000, "refused"), "width=\"0.5\""));
  CHECK(has(table_bar(0, 0, "refused"), "width=\"0\""));
}
