/// units.cc: numbers, sizes and durations as people write them. Part of text.h.
#include <charconv>
#include <cstdio>
#include <limits>

#include "core/text.h"

namespace maildrop {

namespace {

struct SizeUnit {
  std::string_view name;  // lower case
  std::uint64_t bytes;
};

constexpr std::uint64_t kKi = 1024, kMi = kKi * 1024, kGi = kMi * 1024;
constexpr SizeUnit kSizeUnits[] = {
    {"", 1},
    {"b", 1},
    {"k", kKi},
    {"m", kMi},
    {"g", kGi},
    {"kib", kKi},
    {"mib", kMi},
    {"gib", kGi},
    {"kb", 1000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
};

struct DurationUnit {
  std::string_view name;
  std::int64_t millis;
};

constexpr DurationUnit kDurationUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};  // in the order they are written

/// Takes a number off the front; false if there is none or it does not fit.
template <class N>
bool take_number(std::string_view& text, N& number) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;  // no sign either
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && (text[n] < '0' || text[n] > '9')) ++n;
  const std::string_view letters = text.substr(0, n);
  text.remove_prefix(n);
  return letters;
}

template <class Number>
std::string shortest(Number number) {
  char text[32];  // the longest double has 24 characters
  return std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = trim(text);
  std::uint64_t number = 0;
  if (!take_number(rest, number)) return fail(Code::invalid, in_quotes(text) + " is not a size such as '512KiB'");
  const std::string unit = to_lower(trim(rest));
  for (const SizeUnit& u : kSizeUnits) {
    if (u.name != unit) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / u.bytes) break;
    return number * u.bytes;
  }
  return fail(Code::invalid, in_quotes(text) + " is not a size such as '512KiB' (units: KiB MiB GiB KB MB GB)");
}

std::string format_size(std::uint64_t bytes) {
  if (bytes != 0 && bytes % kGi == 0) return std::to_string(bytes / kGi) + "GiB";
  if (bytes != 0 && bytes % kMi == 0) return std::to_string(bytes / kMi) + "MiB";
  if (bytes != 0 && bytes % kKi == 0) return std::to_string(bytes / kKi) + "KiB";
  return std::to_string(bytes);
}

std::string format_size_short(std::uint64_t bytes) {
  if (bytes < kKi) return std::to_string(bytes);
  static constexpr char kLetters[] = {'K', 'M', 'G', 'T', 'P', 'E'};
  std::size_t step = 0;
  std::uint64_t unit = kKi;
  while (step + 1 < sizeof kLetters && bytes / unit >= 1024) {
    unit *= 1024;
    ++step;
  }
  // Tenths, cut: 1023.99K is `1023K`, never `1024K`.
  const std::uint64_t whole = bytes / unit;
  const std::uint64_t tenth = bytes % unit / (unit / 1024) * 10 / 1024;
  std::string text = std::to_string(whole);
  if (whole < 10 && tenth != 0) text += "." + std::to_string(tenth);
  return text + kLetters[step];
}

std::string format_number(float number) { return shortest(number); }
std::string format_number(double number) { return shortest(number); }

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::string bad = in_quotes(text) + " is not a duration such as '30s' or '1h30m' (units: ms s m h d)";
  std::string_view rest = trim(text);
  if (rest == "0") return std::chrono::milliseconds(0);
  if (rest.empty()) return fail(Code::invalid, bad);
  std::int64_t total = 0;
  while (!rest.empty()) {
    std::int64_t number = 0;
    if (!take_number(rest, number)) return fail(Code::invalid, bad);
    const std::string_view unit = take_letters(rest);
    const DurationUnit* found = nullptr;
    for (const DurationUnit& u : kDurationUnits)
      if (u.name == unit) found = &u;
    std::int64_t millis = 0;
    if (!found || __builtin_mul_overflow(number, found->millis, &millis) ||
        __builtin_add_overflow(total, millis, &total)) {
      return fail(Code::invalid, bad);
    }
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  if (rest <= 0) return "0s";
  if (rest < 60'000 && rest % 1000 != 0) return std::to_string(rest) + "ms";
  std::string text;
  const bool in_days = rest >= 2 * kDurationUnits[0].millis;  // a day and a bit reads better in hours
  for (const DurationUnit& u : kDurationUnits) {
    if ((u.name == "d" && !in_days) || rest < u.millis) continue;
    text += std::to_string(rest / u.millis) + std::string(u.name);
    rest %= u.millis;
  }
  return text;
}

std::string format_age(std::chrono::milliseconds age) {
  const std::int64_t seconds = age.count() < 0 ? 0 : age.count() / 1000;
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

}  // namespace maildrop
