/// time_limit_test: it strikes when nothing ends it, and only then.
#include "service/time_limit.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using maildrop::service::TimeLimit;
using Steady = std::chrono::steady_clock;

TEST_CASE("time limit: what is over in time hears nothing") {
  std::atomic<bool> expired{false};
  {
    TimeLimit limit(Steady::now() + std::chrono::hours(1), [&] { expired = true; });
  }
  CHECK_FALSE(expired);
}

TEST_CASE("time limit: what is not over in time is told") {
  std::promise<void> expired;
  const Steady::time_point at = Steady::now() + std::chrono::milliseconds(20);
  TimeLimit limit(at, [&] { expired.set_value(); });
  REQUIRE(expired.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(Steady::now() >= at);
}
