/// outage_test.cc: an outage begins after sessions in a row without an answer, and some time, and ends with an answer.
#include "filter/outage.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("sessions in a row without an answer are an outage, until something answers") {
  metrics::Registry metrics;
  FakeClock clock;
  Outage outage("dns", metrics, std::chrono::seconds(10));
  const metrics::Gauge& gauge = metrics.gauge("maildrop_filter_outage", "", "source=\"dns\"");
  const auto fail = [&](unsigned times) {
    for (unsigned i = 0; i < times; ++i) outage.count(false, clock.monotonic());
  };
  fail(10 * Outage::kSessions);  // a burst is none
  CHECK_FALSE(outage.active());
  clock.advance(std::chrono::seconds(9));
  outage.count(true, clock.monotonic());
  clock.advance(std::chrono::seconds(11));
  fail(Outage::kSessions - 1);  // nor are a few
  CHECK_FALSE(outage.active());
  fail(1);
  CHECK(outage.active());
  CHECK(gauge.value() == 1);
  fail(1);
  outage.count(true, clock.monotonic());
  CHECK_FALSE(outage.active());
  CHECK(gauge.value() == 0);
  fail(10 * Outage::kSessions);
  CHECK_FALSE(outage.active());
}
