/// clock.cc: the system's clock, the fake one, and the two forms in which mail writes a date.
#include "core/clock.h"

#include <algorithm>
#include <ctime>

namespace maildrop {

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Monotonic SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

FakeClock::FakeClock(Time start) : millis_(to_millis(start)) {}

Time FakeClock::now() const { return from_millis(millis_.load() + jumped_.load()); }

Monotonic FakeClock::monotonic() const { return Monotonic(std::chrono::milliseconds(millis_.load())); }

void FakeClock::advance(std::chrono::milliseconds by) { millis_ += by.count(); }

void FakeClock::jump(std::chrono::milliseconds by) { jumped_ += by.count(); }

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

/// By hand, since each message needs two dates and printf takes longer than all that parses the message.
void append_digits(std::string& out, int value, unsigned width) {
  char digits[10];
  unsigned n = 0;
  for (; n < width || value > 0; value /= 10) digits[n++] = static_cast<char>('0' + value % 10);
  while (n > 0) out += digits[--n];
}

}  // namespace

Time PacedTime::now() {
  const Monotonic at = clock_.monotonic();
  const auto passed = std::chrono::floor<std::chrono::milliseconds>(at - at_);
  const Time wall = clock_.now();
  // Below a millisecond nothing is counted as passed, and nothing is forgotten.
  if (wall > last_ && passed.count() == 0) return last_;
  last_ = std::min(wall, last_ + 2 * passed);
  at_ = at;
  return last_;
}

std::string rfc3339(Time time) {
  int millis = 0;
  const std::tm t = utc(time, millis);
  std::string out;
  out.reserve(24);
  append_digits(out, t.tm_year + 1900, 4);
  append_digits(out += '-', t.tm_mon + 1, 2);
  append_digits(out += '-', t.tm_mday, 2);
  append_digits(out += 'T', t.tm_hour, 2);
  append_digits(out += ':', t.tm_min, 2);
  append_digits(out += ':', t.tm_sec, 2);
  append_digits(out += '.', millis, 3);
  return out += 'Z';
}

std::string rfc5322(Time time) {
  // Not strftime: its day and month names follow the locale.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int millis = 0;
  const std::tm t = utc(time, millis);
  std::string out(kDays[t.tm_wday]);
  append_digits(out += ", ", t.tm_mday, 2);
  ((out += ' ') += kMonths[t.tm_mon]) += ' ';
  append_digits(out, t.tm_year + 1900, 4);
  append_digits(out += ' ', t.tm_hour, 2);
  append_digits(out += ':', t.tm_min, 2);
  append_digits(out += ':', t.tm_sec, 2);
  return out += " +0000";
}

}  // namespace maildrop
