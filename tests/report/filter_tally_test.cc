/// filter_tally_test.cc: what filters did is read out of decisions, counted and ordered.
#include "report/filter_tally.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report/decision.h"

using namespace maildrop;
using namespace maildrop::report;
using Became = Decision::Result;

namespace {

const Time kTime{Millis(1'700'000'000'000)};

Sighting sighting_of(Became result, std::string by, store::Mark mark = store::Mark::none) {
  Decision decision;
  decision.time = kTime;
  decision.result = result;
  decision.by = std::move(by);
  decision.mark = mark;
  const auto sighting = Sighting::parse(to_json(decision, Pseudonyms("k")));
  REQUIRE(sighting);
  return *sighting;
}

}  // namespace

TEST_CASE("a decision tells which filter did what") {
  CHECK(sighting_of(Became::refused, "dnsbl").deed == "refused");
  CHECK(sighting_of(Became::refused, "dnsbl").by == "dnsbl");
  CHECK(sighting_of(Became::refused, "dnsbl", store::Mark::tag).deed == "refused");
  CHECK(sighting_of(Became::deferred, "greylist").deed == "deferred");
  CHECK(sighting_of(Became::discarded, "my_own").deed == "discarded");
  CHECK(sighting_of(Became::stored, "score", store::Mark::quarantine).deed == "quarantined");
  CHECK(sighting_of(Became::stored, "score", store::Mark::tag).deed == "tagged");
  CHECK(sighting_of(Became::stored, "score").deed.empty());
  CHECK(sighting_of(Became::refused, "").deed.empty());  // no such inbox
  for (const char* odd : {"a,b", "=1", "a b", "A", "-x", "a\nb", "\"", "\xff"})
    CHECK(sighting_of(Became::refused, odd).deed.empty());
}

TEST_CASE("who refused most is first, then who deferred most") {
  FilterTally tally;
  for (int i = 0; i < 2; ++i) tally.add(sighting_of(Became::refused, "spf"));
  for (int i = 0; i < 3; ++i) tally.add(sighting_of(Became::refused, "dnsbl"));
  for (int i = 0; i < 9; ++i) tally.add(sighting_of(Became::deferred, "greylist"));
  tally.add(sighting_of(Became::deferred, "spf"));
  tally.add(sighting_of(Became::stored, "spf", store::Mark::tag));
  tally.add(sighting_of(Became::stored, ""));
  Sighting later = sighting_of(Became::refused, "dnsbl");
  later.time += Millis(1000);
  tally.add(later);
  const auto rows = tally.rows(10);
  REQUIRE(rows.size() == 3);
  CHECK(as_csv(rows) ==
        "filter,refused,deferred,discarded,quarantined,tagged,first,last\r\n"
        "dnsbl,4,0,0,0,0,2023-11-14T22:13:20.000Z,2023-11-14T22:13:21.000Z\r\n"
        "spf,2,1,0,0,1,2023-11-14T22:13:20.000Z,2023-11-14T22:13:20.000Z\r\n"
        "greylist,0,9,0,0,0,2023-11-14T22:13:20.000Z,2023-11-14T22:13:20.000Z\r\n");
  const std::string json = as_json(tally.rows(1));
  CHECK(nlohmann::json::parse(json) == nlohmann::json{{"schema", "maildrop.filters/1"},
                                                      {"filter", "dnsbl"},
                                                      {"refused", 4},
                                                      {"deferred", 0},
                                                      {"discarded", 0},
                                                      {"quarantined", 0},
                                                      {"tagged", 0},
                                                      {"first", "2023-11-14T22:13:20.000Z"},
                                                      {"last", "2023-11-14T22:13:21.000Z"}});
  CHECK(json.ends_with("}\n"));
}

TEST_CASE("however many filters a file names, only so many are counted") {
  FilterTally tally;
  Sighting sighting = sighting_of(Became::refused, "x");
  for (std::size_t i = 0; i < FilterTally::kMost + 100; ++i) {
    sighting.by = std::to_string(i);
    tally.add(sighting);
  }
  CHECK(tally.rows(FilterTally::kMost + 100).size() == FilterTally::kMost);
}
