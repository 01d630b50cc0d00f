/// clock.cc: the system's clock, the fake one, and the two forms in which mail writes a date.
#include "core/clock.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace maildrop {

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Monotonic SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

ShiftedClock::ShiftedClock(Time begin) : begin_(begin), since_(std::chrono::steady_clock::now()) {}
Time ShiftedClock::now() const {
  return begin_ + std::chrono::duration_cast<std::chrono::milliseconds>(monotonic() - since_);
}
Monotonic ShiftedClock::monotonic() const { return std::chrono::steady_clock::now(); }

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

/// A date being written. By hand, since each message needs two of them and printf takes longer than all that parses the
/// message.
class DateText {
 public:
  DateText& text(std::string_view text) {
    end_ = std::copy(text.begin(), text.end(), end_);
    return *this;
  }
  DateText& digit(int value) {
    *end_++ = static_cast<char>('0' + value);
    return *this;
  }
  DateText& two(int value) { return digit(value / 10).digit(value % 10); }
  DateText& year(int value) {
    if (value >= 1000 && value <= 9999) return two(value / 100).two(value % 100);
    end_ = std::to_chars(end_, text_.data() + text_.size(), value).ptr;
    return *this;
  }
  DateText& time(const std::tm& t) { return two(t.tm_hour).text(":").two(t.tm_min).text(":").two(t.tm_sec); }
  std::string str() const { return std::string(text_.begin(), static_cast<const char*>(end_)); }

 private:
  std::array<char, 64> text_;
  char* end_ = text_.begin();
};

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
  DateText out;
  out.year(t.tm_year + 1900).text("-").two(t.tm_mon + 1).text("-").two(t.tm_mday).text("T").time(t);
  return out.text(".").digit(millis / 100).two(millis % 100).text("Z").str();
}

std::string rfc5322(Time time) {
  // Not strftime: its day and month names follow the locale.
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int millis = 0;
  const std::tm t = utc(time, millis);
  DateText out;
  out.text(kDays[t.tm_wday]).text(", ").two(t.tm_mday).text(" ").text(kMonths[t.tm_mon]).text(" ");
  return out.year(t.tm_year + 1900).text(" ").time(t).text(" +0000").str();
}

}  // namespace maildrop
