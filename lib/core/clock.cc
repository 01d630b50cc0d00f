/// clock.cc: the system's clock, the fake one, and the two forms in which mail writes a date.
#include "core/clock.h"

#include <cstdio>
#include <ctime>

namespace maildrop {

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Monotonic SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

FakeClock::FakeClock(Time start) : millis_(to_millis(start)) {}

Time FakeClock::now() const { return from_millis(millis_.load()); }

Monotonic FakeClock::monotonic() const { return Monotonic(std::chrono::milliseconds(millis_.load())); }

void FakeClock::advance(std::chrono::milliseconds by) { millis_ += by.count(); }

namespace {

std::tm utc(Time time, int& millis) {
  std::int64_t seconds = to_millis(time) / 1000;
  millis = static_cast<int>(to_millis(time) % 1000);
  if (millis < 0) {  // before 1970: the remainder keeps the sign
    millis += 1000;
    --seconds;
  }
  const std::time_t t = seconds;
  std::tm parts{};
  gmtime_r(&t, &parts);
  return parts;
}

}  // namespace

std::string rfc3339(Time time) {
  int millis = 0;
  const std::tm t = utc(time, millis);
  char text[64];
  const int n = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1,
                              t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, millis);
  return std::string(text, static_cast<std::size_t>(n));
}

std::string rfc5322(Time time) {
  // Not strftime: its day and month names follow the locale.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int millis = 0;
  const std::tm t = utc(time, millis);
  char text[64];
  const int n = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", kDays[t.tm_wday], t.tm_mday,
                              kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return std::string(text, static_cast<std::size_t>(n));
}

}  // namespace maildrop
