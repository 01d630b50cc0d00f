/// parse_time_test.cc: what rfc3339() writes is read, and what people type.
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

TEST_CASE("what people type is a time, in UTC") {
  const Time now = from_millis(1'700'000'000'000);  // 2023-11-14T22:13:20Z
  const auto typed = [&](std::string_view text) {
    const auto time = parse_moment(text, now);
    return time ? rfc3339(*time) : time.error().what;
  };
  CHECK(typed("now") == "2023-11-14T22:13:20.000Z");
  CHECK(typed("2h") == "2023-11-14T20:13:20.000Z");
  CHECK(typed("1h30m") == "2023-11-14T20:43:20.000Z");
  CHECK(typed("0") == "2023-11-14T22:13:20.000Z");
  CHECK(typed("today") == "2023-11-14T00:00:00.000Z");
  CHECK(typed("yesterday") == "2023-11-13T00:00:00.000Z");
  CHECK(typed("2023-11-01") == "2023-11-01T00:00:00.000Z");
  CHECK(typed("2023-11-01T08:30") == "2023-11-01T08:30:00.000Z");
  CHECK(typed("2023-11-01 08:30:15Z") == "2023-11-01T08:30:15.000Z");
  CHECK(typed("2023-11-01T08:30:15.250Z") == "2023-11-01T08:30:15.250Z");
  CHECK(typed("tomorrow") == "'tomorrow' is no time: 2h (ago), yesterday, 2026-11-27 and 2026-11-27T10:00 are");
  for (const char* text :
       {"", "2", "-2h", "2023-02-30", "2023-11-1", "2023-11-01T8:30", "2023-11-01X08:30", "1969-12-31", "2023-11-01Z08",
        "20000d", "2023-11-01T08:30:15.250+01:00", "2023-11-01T08:30ZZ"})
    CHECK_FALSE(parse_moment(text, now));
}
