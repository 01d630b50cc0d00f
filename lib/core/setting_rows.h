/// setting_rows.h: makes the rows of the table of settings, one function for each kind of value. For settings.cc and
/// settings_smtp.cc.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/net.h"
#include "core/settings.h"
#include "core/text.h"

namespace maildrop::rows {

using Values = std::vector<std::string>;

/// Where a value is kept: `MEMBER(smtp.hostname)`.
#define MEMBER(path) \
  [](Config & c) -> auto& { return c.path; }

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

// --- one value from and to text ---

template <class T>
struct Range {
  T least;
  T most;
};

inline constexpr Range<Millis> kTimeout{std::chrono::seconds(1), std::chrono::hours(24)};
inline constexpr Range<unsigned> kCount{1, 1'000'000};

inline std::string as_is(const std::string& text) { return text; }

inline Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return fail(Code::invalid, "'" + std::string(text) + "' is no whole number");
  return value;
}

template <class T, class Format>
Result<void> check_range(const T& value, const Range<T>& range, Format format) {
  if (value >= range.least && value <= range.most) return {};
  return fail(Code::invalid, format(value) + " is not in " + format(range.least) + ".." + format(range.most));
}

/// Every value but a list is one element.
inline Result<std::string_view> single(const Values& values) {
  if (values.size() != 1) return fail(Code::invalid, "one value is needed, not " + std::to_string(values.size()));
  return std::string_view(values.front());
}

// --- rows; `member` gives the place in a Config ---

template <class Member>
Setting number_row(std::string_view key, Range<unsigned> range, Member member, std::string_view values,
                   std::string_view help) {
  Setting row{key, Setting::Type::number, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const std::uint64_t value = TRY(parse_number(text));
    TRY(check_range<std::uint64_t>(value, {range.least, range.most},
                                   [](std::uint64_t n) { return std::to_string(n); }));
    member(config) = static_cast<unsigned>(value);
    return {};
  };
  row.get = [=](const Config& config) { return Values{std::to_string(member(const_cast<Config&>(config)))}; };
  return row;
}

template <class Member>
Setting size_row(std::string_view key, Range<std::uint64_t> range, Member member, std::string_view values,
                 std::string_view help) {
  Setting row{key, Setting::Type::size, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const std::uint64_t value = TRY(parse_size(text));
    TRY(check_range(value, range, format_size));
    member(config) = value;
    return {};
  };
  row.get = [=](const Config& config) { return Values{format_size(member(const_cast<Config&>(config)))}; };
  return row;
}

template <class Member>
Setting duration_row(std::string_view key, Range<Millis> range, Member member, std::string_view values,
                     std::string_view help) {
  Setting row{key, Setting::Type::duration, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const Millis value = TRY(parse_duration(text));
    TRY(check_range(value, range, format_duration));
    member(config) = value;
    return {};
  };
  row.get = [=](const Config& config) { return Values{format_duration(member(const_cast<Config&>(config)))}; };
  return row;
}

template <class Member>
Setting boolean_row(std::string_view key, Member member, std::string_view help) {
  Setting row{key, Setting::Type::boolean, "true | false", help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    if (text != "true" && text != "false")
      return fail(Code::invalid, "'" + std::string(text) + "' is not true or false");
    member(config) = text == "true";
    return {};
  };
  row.get = [=](const Config& config) { return Values{member(const_cast<Config&>(config)) ? "true" : "false"}; };
  return row;
}

template <class Member, class Check>
Setting text_row(std::string_view key, Member member, Check check, std::string_view values, std::string_view help) {
  Setting row{key, Setting::Type::text, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    TRY(check(text));
    member(config) = text;
    return {};
  };
  row.get = [=](const Config& config) { return Values{member(const_cast<Config&>(config))}; };
  return row;
}

template <class Enum>
using Names = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum, class Member>
Setting choice_row(std::string_view key, Names<Enum> names, Member member, std::string_view values,
                   std::string_view help) {
  Setting row{key, Setting::Type::choice, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    for (const auto& name : names) {
      if (name.first != text) continue;
      member(config) = name.second;
      return {};
    }
    return fail(Code::invalid, "'" + std::string(text) + "' is not one of " + std::string(values));
  };
  row.get = [=](const Config& config) {
    for (const auto& name : names)
      if (name.second == member(const_cast<Config&>(config))) return Values{std::string(name.first)};
    return Values{};
  };
  return row;
}

template <class Member, class Parse, class Format>
Setting list_row(std::string_view key, Member member, Parse parse, Format format, std::string_view values,
                 std::string_view help) {
  Setting row{key, Setting::Type::list, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    std::decay_t<decltype(member(config))> list;
    for (const std::string& text : given) list.push_back(TRY(parse(text)));
    member(config) = std::move(list);
    return {};
  };
  row.get = [=](const Config& config) {
    Values out;
    for (const auto& item : member(const_cast<Config&>(config))) out.push_back(format(item));
    return out;
  };
  return row;
}

template <class Member>
Setting endpoints_row(std::string_view key, Member member, std::string_view help) {
  return list_row(
      key, member, [](const std::string& text) { return Endpoint::parse(text); },
      [](const Endpoint& endpoint) { return endpoint.to_string(); }, "ADDRESS:PORT | *:PORT | unix:PATH | fd:NAME, ...",
      help);
}

template <class Member>
Setting networks_row(std::string_view key, Member member, std::string_view help) {
  return list_row(
      key, member, [](const std::string& text) { return Network::parse(text); },
      [](const Network& network) { return network.to_string(); }, "NETWORK, ...", help);
}

/// A list that must not be empty: an unset shell variable in `--set smtp.listen=$WHERE` would mean something else.
inline Setting never_empty(Setting row, std::string_view or_else) {
  row.set = [set = std::move(row.set), or_else](Config& config, const Values& given) -> Result<void> {
    if (given.empty()) return fail(Code::invalid, "is empty, and " + std::string(or_else));
    return set(config, given);
  };
  return row;
}

inline Setting reloadable(Setting row) {
  row.reloadable = true;
  return row;
}

/// smtp, lmtp, tls, proxy and xclient: all that SMTP is served by (settings_smtp.cc).
void add_smtp_sections(std::vector<Setting>& rows);

}  // namespace maildrop::rows
