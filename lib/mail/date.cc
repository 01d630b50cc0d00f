/// date.cc: dates of RFC 5322 3.3 and the obsolete forms of 4.3.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/text.h"
#include "mail/headers.h"
#include "mail/message.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxDate = 256;  // bytes looked at; a date has about 40

/// The first words between blanks and commas, comments left out. Without a heap: each message has a date.
struct DateWords {
  static constexpr std::size_t kMost = 6;  // day of the week, day, month, year, time, zone
  std::array<std::string_view, kMost> word;
  std::size_t count = 0;

  explicit DateWords(std::string_view value) {
    std::size_t begin = 0;  // of the word at hand
    std::size_t comment = 0;
    for (std::size_t i = 0; i <= value.size() && count < kMost; ++i) {
      const char c = i < value.size() ? value[i] : ' ';
      if (c == '(') ++comment;
      const bool separates = comment > 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
      if (c == ')' && comment > 0) --comment;
      if (!separates) continue;
      if (begin < i) word[count++] = value.substr(begin, i - begin);
      begin = i + 1;
    }
  }
};

std::optional<int> number(std::string_view text, std::size_t min_digits, std::size_t max_digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  if (text.size() < min_digits || text.size() > max_digits) return std::nullopt;
  return value;
}

/// The place of the first three letters in `names` (`janfeb...`), or nothing.
std::optional<int> name(std::string_view word, std::string_view names) {
  for (std::size_t at = 0; at < names.size(); at += 3) {
    if (equals_ignoring_case(word.substr(0, 3), names.substr(at, 3))) return static_cast<int>(at / 3);
  }
  return std::nullopt;
}

std::optional<int> year_of(std::string_view word) {
  const auto year = number(word, 2, 4);
  if (!year) return std::nullopt;
  if (word.size() == 2) return *year + (*year < 50 ? 2000 : 1900);  // RFC 5322 4.3
  if (word.size() == 3) return *year + 1900;
  return *year >= 1900 ? year : std::nullopt;
}

std::optional<std::chrono::seconds> time_of(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::size_t second_colon = word.find(':', colon + 1);
  const auto hour = number(word.substr(0, colon), 1, 2);
  const auto minute = number(word.substr(colon + 1, second_colon - colon - 1), 2, 2);
  const auto second =
      second_colon == std::string_view::npos ? std::optional<int>(0) : number(word.substr(second_colon + 1), 2, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

/// East of Greenwich. Letters that mean nothing, and the military ones, are -0000 (RFC 5322 4.3).
std::optional<std::chrono::minutes> zone_of(std::string_view word) {
  struct Zone {
    std::string_view name;
    int hours;
  };
  static constexpr std::array<Zone, 8> kZones{
      {{"edt", -4}, {"est", -5}, {"cdt", -5}, {"cst", -6}, {"mdt", -6}, {"mst", -7}, {"pdt", -7}, {"pst", -8}}};
  if (word.front() == '+' || word.front() == '-') {
    const auto digits = number(word.substr(1), 4, 4);
    if (!digits || *digits % 100 > 59 || *digits > 2359) return std::nullopt;
    const auto offset = std::chrono::hours(*digits / 100) + std::chrono::minutes(*digits % 100);
    return word.front() == '-' ? -offset : offset;
  }
  for (const Zone& zone : kZones) {
    if (equals_ignoring_case(zone.name, word)) return std::chrono::hours(zone.hours);
  }
  const bool letters =
      std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  return letters ? std::optional(std::chrono::minutes(0)) : std::nullopt;
}

}  // namespace

std::optional<Time> parse_date(std::string_view value) {
  const DateWords words(value.substr(0, kMaxDate));
  std::size_t at = 0;
  if (words.count > 0 && name(words.word[0], "sunmontuewedthufrisat")) ++at;  // may be wrong, and says nothing new
  if (words.count < at + 4) return std::nullopt;
  const auto day = number(words.word[at], 1, 2);
  const auto month = name(words.word[at + 1], "janfebmaraprmayjunjulaugsepoctnovdec");
  const auto year = year_of(words.word[at + 2]);
  const auto time = time_of(words.word[at + 3]);
  const auto zone = words.count > at + 4 ? zone_of(words.word[at + 4]) : std::chrono::minutes(0);
  if (!day || !month || !year || !time || !zone) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return Time(std::chrono::sys_days(date) + *time - *zone);
}

}  // namespace maildrop::mail
