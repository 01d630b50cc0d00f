/// clock_test.cc: dates as mail and logs write them, and the hand that tests turn.
#include "core/clock.h"

#include <catch2/catch.hpp>

using namespace maildrop;

TEST_CASE("dates in their two forms") {
  struct Row {
    std::int64_t millis;
    const char* rfc3339;
    const char* rfc5322;
  };
  const Row rows[] = {
      {0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
      {1'700'000'000'123, "2023-11-14T22:13:20.123Z", "Tue, 14 Nov 2023 22:13:20 +0000"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 +0000"},
      {-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 +0000"},
      {253'402'300'799'999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 +0000"},
      {253'402'300'800'000, "10000-01-01T00:00:00.000Z", "Sat, 01 Jan 10000 00:00:00 +0000"},
  };
  for (const Row& row : rows) {
    CHECK(rfc3339(from_millis(row.millis)) == row.rfc3339);
    CHECK(rfc5322(from_millis(row.millis)) == row.rfc5322);
  }
}

TEST_CASE("the fake clock stands still until it is turned, and both hands move") {
  FakeClock clock(from_millis(1000));
  const Monotonic before = clock.monotonic();
  CHECK(clock.now() == from_millis(1000));
  CHECK(clock.now() == from_millis(1000));
  clock.advance(std::chrono::milliseconds(250));
  CHECK(clock.now() == from_millis(1250));
  CHECK(clock.monotonic() - before == std::chrono::milliseconds(250));
}

TEST_CASE("a shifted clock goes on from where it begins") {
  const Time begin = from_millis(1'000'000);
  const ShiftedClock clock(begin);
  const Monotonic before = clock.monotonic();
  const Time now = clock.now();
  CHECK((now >= begin && now < begin + std::chrono::hours(1)));
  while (clock.monotonic() - before < std::chrono::milliseconds(2)) {
  }
  CHECK(clock.now() > now);
}

TEST_CASE("paced time follows the wall clock, gains at most as much as passes, and goes back with it") {
  FakeClock clock(from_millis(0));
  PacedTime paced(clock);
  using std::chrono::hours;
  clock.advance(hours(5));
  CHECK(paced.now() == clock.now());
  clock.jump(hours(24));
  CHECK(paced.now() == from_millis(0) + hours(5));
  clock.advance(hours(10));
  CHECK(paced.now() == from_millis(0) + hours(25));  // ten hours, and ten that it gains
  clock.advance(hours(14));
  CHECK(paced.now() == clock.now());
  clock.jump(hours(-48));
  CHECK(paced.now() == clock.now());
  clock.advance(hours(1));
  CHECK(paced.now() == clock.now());
}

TEST_CASE("the system's clock is past the day this was written") {
  CHECK(SystemClock().now() > from_millis(1'700'000'000'000));
}
