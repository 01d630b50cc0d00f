/// metrics_test.cc: the registry and its text form.
#include "core/metrics.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace maildrop::metrics;

TEST_CASE("the same name and labels are the same metric") {
  Registry registry;
  registry.counter("maildrop_a_total", "help", "x=\"1\"").add(2);
  registry.counter("maildrop_a_total", "help", "x=\"1\"").add();
  registry.counter("maildrop_a_total", "help", "x=\"2\"").add(5);
  CHECK(registry.total("maildrop_a_total", "x=\"1\"") == 3);
  CHECK(registry.total("maildrop_a_total") == 8);
  CHECK(registry.total("unknown") == 0);
  CHECK(registry.each("maildrop_a_total") ==
        std::vector<std::pair<std::string, std::uint64_t>>{{"x=\"1\"", 3}, {"x=\"2\"", 5}});
  CHECK(registry.each("unknown").empty());
}

TEST_CASE("the text is Prometheus exposition, by name") {
  Registry registry;
  registry.gauge("maildrop_b", "two\nlines \\").set(-4);
  registry.counter("maildrop_a_total", "counted", "x=\"1\"").add(3);
  registry.callback("maildrop_c", "read", [] { return 0.25; });
  CHECK(registry.text() ==
        "# HELP maildrop_a_total counted\n# TYPE maildrop_a_total counter\nmaildrop_a_total{x=\"1\"} 3\n"
        "# HELP maildrop_b two\\nlines \\\\\n# TYPE maildrop_b gauge\nmaildrop_b -4\n"
        "# HELP maildrop_c read\n# TYPE maildrop_c gauge\nmaildrop_c 0.25\n");
}

TEST_CASE("what somebody else counts is a counter, too") {
  Registry registry;
  std::uint64_t counted = 2;
  registry.counter_callback("maildrop_d_total", "read", [&] { return static_cast<double>(counted); });
  CHECK(registry.text() == "# HELP maildrop_d_total read\n# TYPE maildrop_d_total counter\nmaildrop_d_total 2\n");
  counted = 3;
  CHECK_THAT(registry.text(), Catch::EndsWith("\nmaildrop_d_total 3\n"));
}

TEST_CASE("counters whose labels come up later are known by name from the begin") {
  Registry registry;
  registry.counters("maildrop_e_total", "counted");
  const std::string head = "# HELP maildrop_e_total counted\n# TYPE maildrop_e_total counter\n";
  CHECK(registry.text() == head);
  registry.counter("maildrop_e_total", "counted", "x=\"1\"").add();
  CHECK(registry.text() == head + "maildrop_e_total{x=\"1\"} 1\n");
}

TEST_CASE("a histogram is cumulative and takes any number") {
  Registry registry;
  Histogram& histogram = registry.histogram("maildrop_h_seconds", "took", "op=\"put\"");
  for (const double seconds :
       {0.0001, 0.0002, 61.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    histogram.observe(seconds);
  CHECK(histogram.count() == 6);
  const std::string text = registry.text();
  CHECK_THAT(text, Catch::Contains("maildrop_h_seconds_bucket{op=\"put\",le=\"0.0001\"} 3\n"));
  CHECK_THAT(text, Catch::Contains("maildrop_h_seconds_bucket{op=\"put\",le=\"60\"} 4\n"));
  CHECK_THAT(text, Catch::Contains("maildrop_h_seconds_bucket{op=\"put\",le=\"+Inf\"} 6\n"));
  CHECK_THAT(text, Catch::Contains("maildrop_h_seconds_count{op=\"put\"} 6\n"));
}
