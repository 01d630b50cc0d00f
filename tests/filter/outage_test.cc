/// outage_test.cc: an outage begins after failures in a row, and ends with the first answer.
#include "filter/outage.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("failures in a row are an outage, until something answers") {
  metrics::Registry metrics;
  Outage outage("dns", metrics);
  const metrics::Gauge& gauge = metrics.gauge("maildrop_filter_outage", "", "source=\"dns\"");
  for (unsigned i = 0; i + 1 < Outage::kFailures; ++i) outage.count(false);
  CHECK_FALSE(outage.active());
  outage.count(true);
  for (unsigned i = 0; i + 1 < Outage::kFailures; ++i) outage.count(false);
  CHECK_FALSE(outage.active());
  outage.count(false);
  CHECK(outage.active());
  CHECK(gauge.value() == 1);
  outage.count(false);
  outage.count(true);
  CHECK_FALSE(outage.active());
  CHECK(gauge.value() == 0);
}
