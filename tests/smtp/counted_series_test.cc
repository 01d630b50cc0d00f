/// counted_series_test.cc: what is counted is there.
#include "smtp/counted_series.h"

#include <catch2/catch.hpp>

#include "filter/list_counts.h"
#include "smtp/loop_state.h"

using namespace maildrop;

TEST_CASE("counted_series: each is a metric that a server has from its start") {
  metrics::Registry registry;
  const smtp::Metrics metrics(registry);
  const filter::ListCounts lists(registry);
  const std::string text = registry.text();
  for (const store::CountedSeries& each : smtp::counted_series()) {
    if (each.metric == "maildrop_filter_actions_total") continue;  // of a chain; t-48-statistics
    INFO(each.metric << " " << each.labels);
    CHECK(text.find("# TYPE " + each.metric + (each.durations ? " histogram\n" : " counter\n")) != std::string::npos);
    if (!each.labels.empty()) CHECK(text.find(each.metric + "{" + each.labels + "} 0\n") != std::string::npos);
  }
}
