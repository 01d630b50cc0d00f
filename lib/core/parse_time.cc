/// parse_time.cc: digit by digit.
#include "core/parse_time.h"

#include <chrono>

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

}  // namespace maildrop
