/// ranking_text_test.cc: the forms of a ranking. t-39-reports gives the zone to a real rbldnsd.
#include "report/ranking_text.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <vector>

using namespace maildrop;
using namespace maildrop::report;

namespace {

const Time kTime{Millis(1'700'000'000'000)};
const std::vector<Ranking::Row> kSources{{"192.0.2.1", 2.25, 0.75, 4, kTime, kTime},
                                         {"198.51.100.0/24", 1, 0, 1, kTime, kTime},
                                         {"2001:db8:1:2::/64", 1, 0, 1, kTime, kTime}};

}  // namespace

TEST_CASE("JSON has one object to a line") {
  const std::string text = as_json(kSources, RankingOf::sources);
  const auto first = nlohmann::json::parse(text.substr(0, text.find('\n')));
  CHECK(first["schema"] == "maildrop.ranking/1");
  CHECK(first["source"] == "192.0.2.1");
  CHECK(first["bad"] == 2.25);
  CHECK(first["share"] == 0.75);
  CHECK(first["last"] == "2023-11-14T22:13:20.000Z");
  CHECK(as_json({}, RankingOf::hosts).empty());
}

TEST_CASE("CSV has a line of names") {
  CHECK(as_csv(std::span(kSources).first(1)) ==
        "key,bad,good,share,decisions,first,last\r\n"
        "192.0.2.1,2.25,0.75,0.75,4,2023-11-14T22:13:20.000Z,2023-11-14T22:13:20.000Z\r\n");
}

TEST_CASE("a zone has each kind of source in its own part, and something to test it by") {
  CHECK(as_zone(kSources, RankingOf::sources) ==
        "# who was seen to send spam, the worst first\n"
        "$TTL 600\n"
        "$DATASET ip4set:v4 @\n"
        ":127.0.0.2:$ was seen to send spam\n"
        "127.0.0.2\n"
        "192.0.2.1\n"
        "198.51.100.0/24\n"
        "$DATASET ip6trie:v6 @\n"
        ":127.0.0.2:$ was seen to send spam\n"
        "::ffff:7f00:2\n"
        "2001:db8:1:2::/64\n");
}

TEST_CASE("a zone of hosts has their names alone, one of domains all that is below them, and both have addresses") {
  const std::vector<Ranking::Row> hosts{{"spam.example", 1, 0, 1, kTime, kTime}, {"192.0.2.9", 1, 0, 1, kTime, kTime}};
  const std::string zone = as_zone(hosts, RankingOf::hosts);
  const std::string names = "$DATASET dnset:names @\n:127.0.0.2:$ was seen to send spam\ntest\n";
  CHECK(zone.find(names + "spam.example\n") != std::string::npos);
  CHECK(as_zone(hosts, RankingOf::domains).find(names + ".spam.example\n") != std::string::npos);
  CHECK(zone.find("$DATASET ip4set:v4 @\n:127.0.0.2:$ was seen to send spam\n127.0.0.2\n192.0.2.9\n") !=
        std::string::npos);
  CHECK(zone.find("ip6") == std::string::npos);
}

TEST_CASE("our own network is in no zone") {
  const std::vector<Ranking::Row> ours{{"127.0.0.1", 1, 0, 1, kTime, kTime},
                                       {"127.0.0.0/24", 1, 0, 1, kTime, kTime},
                                       {"10.0.0.0/24", 1, 0, 1, kTime, kTime},
                                       {"fd00::/64", 1, 0, 1, kTime, kTime}};
  CHECK(as_zone(ours, RankingOf::sources) == as_zone({}, RankingOf::sources));
}
