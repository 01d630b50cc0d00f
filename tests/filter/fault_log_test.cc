/// fault_log_test.cc: a line a minute for each filter.
#include "filter/fault_log.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using filter::FaultLog;

TEST_CASE("of each filter a line a minute, which tells how many there were meanwhile") {
  FaultLog log;
  const Monotonic start{};
  CHECK(log.due("one", start) == 0u);
  CHECK_FALSE(log.due("one", start));
  CHECK_FALSE(log.due("one", start + FaultLog::kPause - std::chrono::milliseconds(1)));
  CHECK(log.due("two", start) == 0u);
  CHECK(log.due("one", start + FaultLog::kPause) == 2u);
  CHECK(log.due("one", start + 2 * FaultLog::kPause) == 0u);
}

TEST_CASE("when filters are others the next fault of each is due, and none is forgotten") {
  FaultLog log;
  const Monotonic start{};
  log.due("one", start);
  CHECK_FALSE(log.due("one", start));
  log.begin_anew();
  CHECK(log.due("one", start) == 1u);
  CHECK_FALSE(log.due("one", start));
}
