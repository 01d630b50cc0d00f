/// statistics_forms_test.cc: the same numbers in JSON, CSV and for Prometheus, and as a server's answer.
#include "api/statistics_forms.h"

#include <catch2/catch.hpp>

#include "api/statistics_json.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace std::chrono_literals;

namespace {

Digest some_digest() {
  store::Numbers numbers;
  numbers.since = store::begin_of(9);
  numbers.totals = {{"stored", 100},      {"reason:relaying", 7}, {"reason:\"a\\,\x1b", 3}, {"latency:0.001", 60},
                    {"latency:0.01", 30}, {"latency:inf", 10},    {"bytes", 5000}};
  numbers.counts = {{9, "stored", 4}, {10, "stored", 2}, {10, "reason:relaying", 2}, {10, "reason:\"a\\,\x1b", 1}};
  Digest digest = digest_of(plot_of(numbers, 10, 2), store::begin_of(10) + 30min);
  digest.store = StoreUse{1, 2, 300, 1000};
  digest.sources = {{store::source_of("192.0.2.1"), 2, 300}};
  return digest;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("statistics_forms: JSON has sums, rates and hours, and one part where that is wanted") {
  const Json all = statistics_json(some_digest(), {});
  CHECK(all["schema"] == "maildrop.stats/1");
  CHECK(all["open"] == true);
  CHECK(all["hours"] == 2);
  CHECK(all["series"][0] ==
        Json{{"group", ""}, {"name", "stored"}, {"count", 6}, {"per_hour", 4.0}, {"counts", {4, 2}}, {"total", 100}});
  CHECK(all["store"]["bytes"] == 300);
  CHECK(all["latency"]["count"] == 0);
  CHECK(all["latency"]["p50"].is_null());
  const Json reasons = statistics_json(some_digest(), {StatisticsPart::reason, 1});
  CHECK(reasons["series"].size() == 1);
  CHECK(reasons["series"][0]["name"] == "relaying");
  CHECK_FALSE(reasons.contains("store"));
  CHECK(statistics_json(some_digest(), {StatisticsPart::source, 0})["sources"][0]["messages"] == 2);
}

TEST_CASE("statistics_forms: CSV quotes what it must, and lets nothing through that a terminal acts on") {
  CHECK(statistics_csv(some_digest(), {StatisticsPart::reason, 0}) ==
        "group,name,count,per_hour,last_hour,total\nreason,relaying,2,1.333,2,7\n"
        "reason,\"\"\"a\\,\xEF\xBF\xBD\",1,0.667,1,3\n");
  CHECK(statistics_csv(some_digest(), {StatisticsPart::hour, 0}).substr(0, 88) ==
        "hour,stored,refused,deferred,discarded,tagged,quarantined,connections,bytes\n1970-01-01T0");
  CHECK(statistics_csv(some_digest(), {StatisticsPart::store, 0}) == "inboxes,messages,bytes,limit\n1,2,300,1000\n");
  CHECK(statistics_csv(some_digest(), {StatisticsPart::source, 0}) == "source,messages,bytes\n192.0.2.0/24,2,300\n");
  CHECK(statistics_csv(some_digest(), {StatisticsPart::latency, 0}) == "quantile,seconds,from,to\n");
}

TEST_CASE("statistics_forms: Prometheus has totals by labels, and latencies as cumulative buckets") {
  const std::string text = statistics_prometheus(some_digest());
  CHECK(has(text, "# TYPE maildrop_statistics_total counter\n"));
  CHECK(has(text, "maildrop_statistics_total{group=\"\",name=\"stored\"} 100\n"));
  CHECK(has(text, "maildrop_statistics_total{group=\"reason\",name=\"\\\"a\\\\,\xEF\xBF\xBD\"} 3\n"));
  CHECK(has(text, "_bucket{le=\"0.001\"} 60\n"));
  CHECK(has(text, "_bucket{le=\"0.005\"} 60\n"));
  CHECK(has(text, "_bucket{le=\"10\"} 90\n"));
  CHECK(has(text, "_bucket{le=\"+Inf\"} 100\n"));
  CHECK(has(text, "_seconds_count 100\n"));
  CHECK(has(text, "maildrop_statistics_store_limit_bytes 1000\n"));
}

TEST_CASE("statistics_forms: what a server tells is read as it was, and what makes no sense is corrupt") {
  const Plot plot = some_digest().plot;
  const Json told = plot_json(plot);
  const auto read = parse_plot(told);
  REQUIRE(read);
  CHECK(plot_json(*read) == told);
  CHECK(read->since == plot.since);
  CHECK(read->first == plot.first);
  Json nothing = told;
  nothing["since"] = nullptr;
  CHECK_FALSE(parse_plot(nothing)->since);
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"hours", 3},
                                                                            {"hours", 0},
                                                                            {"hours", -1},
                                                                            {"hours", 1'000'000'000},
                                                                            {"first", "now"},
                                                                            {"first", "1969-01-01T00:00:00.000Z"},
                                                                            {"series", "x"},
                                                                            {"series", {1}},
                                                                            {"series", {{{"name", "x"}}}}}) {
    Json bad = told;
    bad[key] = value;
    INFO(key << " " << value);
    CHECK(parse_plot(bad).error().code == Code::corrupt);
  }
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"name", std::string(200, 'x')}, {"total", -1}, {"counts", {1, -1}}, {"group", std::string(200, 'x')}}) {
    Json bad = told;
    bad["series"][0][key] = value;
    INFO(key);
    CHECK_FALSE(parse_plot(bad));
  }
  CHECK_FALSE(parse_plot(Json::array()));
}
