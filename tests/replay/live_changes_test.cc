/// live_changes_test.cc: what reports say of filter.shadow.
#include "replay/live_changes.h"

#include <catch2/catch.hpp>

#include "replay/report_comparison.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

std::string decision(const std::string& rest, const std::string& time = "2026-11-27T10:00:00.000Z") {
  return R"({"schema":"maildrop.decision/1","time":")" + time + R"(",)" + rest + "}";
}

}  // namespace

TEST_CASE("live_changes: both fates of a decision, its name and why") {
  LiveChanges changes;
  CHECK(changes.add(decision(R"("of":"message","result":"stored","id":"M1","score":3,)"
                             R"("shadow":{"fate":"rejected","by":"score","score":12.5,"why":"score 12.5: dnsbl"})"),
                    Time{}));
  CHECK(changes.add(decision(R"("of":"recipient","result":"refused","session":"S","to":["ab12"],"by":"access",)"
                             R"("shadow":{"fate":"accepted","score":0})"),
                    Time{}));
  CHECK(changes.add(decision(R"("of":"message","result":"stored","mark":"tag","id":"M2",)"
                             R"("shadow":{"fate":"tagged","score":5})"),
                    Time{}));
  CHECK(changes.add(decision(R"("of":"message","result":"stored","id":"M3")"), Time{}));
  const Comparison& found = changes.found();
  CHECK(found.compared == 3);
  CHECK(found.unknown == 1);
  REQUIRE(found.named.size() == 2);
  CHECK(found.named[0].name == "M1");
  CHECK(change_text(found.named[0]) == "accepted -> rejected by score, 3.00 -> 12.50; score 12.5: dnsbl");
  CHECK(found.named[1].name == "session S, recipient ab12");
  CHECK(change_text(found.named[1]) == "rejected -> accepted, before by access, 0.00 -> 0.00");
}

TEST_CASE("live_changes: labels tell who would be right") {
  LiveChanges changes([](std::string_view id) { return id == "M1" ? Label::spam : Label::none; });
  CHECK(changes.add(decision(R"("result":"stored","id":"M1","shadow":{"fate":"rejected","score":9})"), Time{}));
  CHECK(changes.found().disagreement(Label::spam).better == 1);
  CHECK(comparison_json(changes.found()).starts_with(R"({"schema":"maildrop.comparison/1","compared":1,"changed":1)"));
}

TEST_CASE("live_changes: what is too old is left out, and what is no decision is told") {
  LiveChanges changes;
  const Time since = Time{std::chrono::hours(24 * 365 * 50)};
  CHECK(changes.add(decision(R"("result":"stored","shadow":{"fate":"tagged"})", "2000-01-01T00:00:00.000Z"), since));
  CHECK(changes.found().compared == 0);
  for (const std::string& line : {std::string("{}"), std::string("x"), decision(R"("result":"lost")"),
                                  decision(R"("result":"stored")", "yesterday")})
    CHECK_FALSE(changes.add(line, Time{}));
  // Whoever wrote that, it is no opinion.
  CHECK(changes.add(decision(R"("result":"stored","shadow":{"fate":7})"), Time{}));
  CHECK(changes.found().unknown == 1);
}
