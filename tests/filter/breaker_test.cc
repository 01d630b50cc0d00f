/// breaker_test.cc: a service that does not answer is asked by a probe now and then.
#include "filter/breaker.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("after some failures in a row one call each pause goes through, until one is answered") {
  metrics::Registry metrics;
  FakeClock clock;
  Breakers breakers(metrics);
  Breaker& breaker = breakers.of("127.0.0.1:1");
  CHECK(&breakers.of("127.0.0.1:1") == &breaker);
  const auto admits = [&] { return breaker.admits(clock.monotonic()); };
  const auto count = [&](bool answered) { breaker.count(answered, clock.monotonic()); };
  for (unsigned i = 0; i + 1 < Breaker::kFailures; ++i) count(false);
  CHECK((admits() && breakers.active().empty()));
  count(true);
  for (unsigned i = 0; i < Breaker::kFailures; ++i) {
    CHECK(admits());
    count(false);
  }
  CHECK(breakers.active() == std::vector<std::string>{"127.0.0.1:1"});
  CHECK(metrics.gauge("maildrop_filter_outage", "", "source=\"127.0.0.1:1\"").value() == 1);
  CHECK(breakers.of("127.0.0.1:2").admits(clock.monotonic()));
  CHECK(admits());  // the first probe is now
  CHECK_FALSE(admits());
  clock.advance(Breaker::kPause);
  CHECK(admits());
  CHECK_FALSE(admits());
  count(false);
  clock.advance(Breaker::kPause);
  CHECK(admits());
  count(true);
  CHECK((admits() && admits()));
  breaker.count_use(true, clock.monotonic());
  CHECK(breakers.active().empty());
}

TEST_CASE("a service whose answers are of no use is an outage, and is asked all the same") {
  metrics::Registry metrics;
  Breakers breakers(metrics);
  Breaker& breaker = breakers.of("127.0.0.1:1");
  const auto hear = [&](bool useful) {
    breaker.count(true, {});
    breaker.count_use(useful, {});
  };
  for (unsigned i = 0; i < Breaker::kFailures; ++i) {
    CHECK(breakers.active().empty());
    hear(false);
  }
  CHECK(breakers.active().size() == 1);
  CHECK((breaker.admits({}) && breaker.admits({})));
  hear(true);
  CHECK(breakers.active().empty());
}

TEST_CASE("a service that no filter asks any more has no outage") {
  metrics::Registry metrics;
  Breakers breakers(metrics);
  Breaker& breaker = breakers.of("127.0.0.1:1");
  const auto fail = [&] {
    for (unsigned i = 0; i < Breaker::kFailures; ++i) breaker.count(false, {});
  };
  fail();
  breakers.name_only({{"127.0.0.1:1", "http"}});
  CHECK(breakers.active() == std::vector<std::string>{"127.0.0.1:1 (http)"});
  breakers.name_only({});
  fail();  // of sessions that began before
  CHECK(breakers.active().empty());
  CHECK(metrics.gauge("maildrop_filter_outage", "", "source=\"127.0.0.1:1\"").value() == 0);
  breakers.name_only({{"127.0.0.1:1", "http"}});
  fail();
  CHECK(breakers.active().size() == 1);
}
