/// report_comparison_test.cc: what fares otherwise, in words and tables, and in each form of a report.
#include "replay/report_comparison.h"

#include <catch2/catch.hpp>

#include "replay/report_kinds.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

Comparison compared() {
  Comparison all;
  Outcome outcome;
  outcome.name = "spam/<b>1";
  outcome.label = Label::spam;
  outcome.fate = Fate::tagged;
  outcome.by = "score";
  outcome.score = 5.2;
  outcome.hits = {{.filter = 0, .score = 5.2, .reason = "listed"}};
  all.add({Fate::accepted, "", 3}, outcome, {"dnsbl"});
  outcome.fate = Fate::accepted;
  outcome.by.clear();
  all.add({Fate::accepted, "", 3}, outcome, {"dnsbl"});
  ++all.unknown;
  return all;
}

}  // namespace

TEST_CASE("report_comparison: in words and tables") {
  const Comparison all = compared();
  CHECK(comparison_headline(all) ==
        "1 of 2 messages fare otherwise than before; nothing is known from before of 1 message");
  CHECK(comparison_by_label(all) ==
        TextRows{{"", "compared", "right now", "wrong now", "p"}, {"spam", "2", "1", "0", "1.0000"}});
  CHECK(comparison_by_fate(all) == TextRows{{"before", "now", "spam"}, {"accepted", "tagged", "1"}});
  CHECK(change_text(all.named.front()) == "accepted -> tagged by score, 3.00 -> 5.20; dnsbl 5.2: listed");
  CHECK(comparison_by_label({}).empty());
  CHECK(comparison_by_fate({}).empty());
}

TEST_CASE("report_comparison: a report has it where there is one, and strangers' text does nothing in it") {
  Report report;
  const auto write = [&report](const char* form) { return report_kind(form)->write(report); };
  for (const char* form : {"text", "json", "html"}) {
    INFO(form);
    report.comparison.reset();
    const std::string without = write(form);
    report.comparison = compared();
    const std::string with = write(form);
    CHECK_THAT(without, !Catch::Contains("spam/"));
    CHECK_THAT(with, Catch::Contains(form == std::string("html") ? "spam/&lt;b&gt;1" : "spam/<b>1"));
  }
}
