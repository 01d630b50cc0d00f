/// html_bench.cc: what HTML costs to be made a page, of ordinary mail and of the worst, and whether twice the bytes
/// take more than twice the time.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "mail/sanitise.h"

using namespace maildrop::mail;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSize = 128 * 1024;  // twice as much still fits into the limits

std::string repeated(std::string_view piece, std::size_t size) {
  std::string out;
  while (out.size() < size) out += piece;
  return out;
}

/// The median of some rounds, in milliseconds.
double millis(const std::string& html) {
  std::vector<double> rounds;
  for (int round = 0; round < 7; ++round) {
    const auto start = Clock::now();
    (void)sanitise(html);
    rounds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[rounds.size() / 2];
}

void measure(const char* name, std::string_view piece) {
  const double one = millis(repeated(piece, kSize));
  const std::string twice = repeated(piece, 2 * kSize);
  const double two = millis(twice);
  std::printf("%-28s %8.1f ms %8.1f ms %6.2f%s\n", name, one, two, two / one, sanitise(twice) ? "" : "  given up");
}

}  // namespace

int main() {
  std::printf("%-28s %11s %11s %6s\n", "", "128 KiB", "256 KiB", "ratio");
  measure("paragraphs", "<p>Some words of a mail that somebody wrote.</p>\n");
  measure("cells with styles",
          "<table width=\"100%\"><tr><td style=\"padding:4px;font:12px "
          "Arial,sans-serif;color:#333\">cell</td></tr></table>");
  measure("links", "<a href=\"https://example.org/path?a=1&amp;b=2\">a link</a> ");
  measure("images", "<img src=\"https://example.org/x.png\" alt=\"x\">");
  measure("what is escaped", "&lt;");
  measure("open links", "<a href=http://x>");
  measure("open elements", "<div>");
  measure("misnested elements", "<b>x</p>");
  measure("tables in tables", "<table><td>");
  measure("fonts that are opened again", "<font color=1><p>");
  measure("styles that never end", "<p style='background:url(x'>");
  measure("quotes that never end", "<style>'url(\"</style>");
  measure("candidates", "<img srcset='//a 1x, //b 2x, c, d, e, f, g, h, i, j, k, l, m'>");
  measure("attributes", "<p a=b c=d e=f g=h i=j k=l m=n o=p q=r s=t u=v w=x y=z>");
}
