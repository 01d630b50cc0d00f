/// parse_time.cc: digit by digit.
#include "core/parse_time.h"

#include <chrono>
#include <string>

#include "core/text.h"

namespace maildrop {

std::optional<Time> parse_rfc3339(std::string_view text) {
  static constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] == 'd' ? (text[i] < '0' || text[i] > '9') : text[i] != kForm[i]) return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t size) {
    int value = 0;
    for (std::size_t i = at; i < at + size; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  using namespace std::chrono;
  const year_month_day day{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60) return std::nullopt;
  return Time(sys_days(day).time_since_epoch() + hours(number(11, 2)) + minutes(number(14, 2)) +
              seconds(number(17, 2)) + std::chrono::milliseconds(number(20, 3)));
}

Result<Time> parse_moment(std::string_view text, Time now) {
  using std::chrono::days;
  const Time today = std::chrono::floor<days>(now);
  if (text == "now") return now;
  if (text == "today") return today;
  if (text == "yesterday") return today - days(1);
  static constexpr std::string_view kMidnight = "T00:00:00.000Z";
  static constexpr std::size_t kDay = 10, kMinutes = 16, kSeconds = 19, kWhole = 23;  // bytes of what may be given
  std::string whole(text);
  if (whole.size() > kDay && whole[kDay] == ' ') whole[kDay] = 'T';
  if (whole.size() > kDay && whole.back() == 'Z') whole.pop_back();
  const std::size_t size = whole.size();
  if (size == kDay || size == kMinutes || size == kSeconds || size == kWhole) {
    const auto time = parse_rfc3339(whole.append(kMidnight.substr(size - kDay)));
    if (time && *time >= Time()) return *time;
  } else if (const auto ago = parse_duration(text); ago && *ago <= now.time_since_epoch()) {
    return now - *ago;
  }
  return fail(Code::invalid, in_quotes(text) + " is no time: 2h (ago), yesterday, 2026-11-27 and 2026-11-27T10:00 are");
}

}  // namespace maildrop
