/// parse_time_test.cc: what rfc3339() writes is read, and nothing else.
#include "core/parse_time.h"

#include <catch2/catch.hpp>

using namespace maildrop;

TEST_CASE("times are read as they are written") {
  for (const std::int64_t millis : {0LL, 1'700'000'000'123LL, 951'782'400'000LL, -1LL}) {
    const Time time{std::chrono::milliseconds(millis)};
    CHECK(parse_rfc3339(rfc3339(time)) == time);
  }
}

TEST_CASE("other forms, and days that are none, are no times") {
  for (const char* text : {"", "2023-11-14", "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000+00:00",
                           "2023-02-30T00:00:00.000Z", "2023-11-14T24:00:00.000Z", "2023-11-14T22:60:00.000Z",
                           "2023-11-14t22:13:20.000Z", "2023-11-14T22:13:20.00xZ", "2023-11-14T22:13:20.0000Z"})
    CHECK_FALSE(parse_rfc3339(text));
}
