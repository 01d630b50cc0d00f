/// setting_rows.h: makes the rows of the table of settings, one function for each kind of value. For settings.cc and
/// settings_smtp.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/net.h"
#include "core/settings.h"

namespace maildrop::rows {

using Values = std::vector<std::string>;

/// Where a value is kept: `MEMBER(smtp.hostname)`. A plain function, so that a kind of value is compiled once and not
/// for each row.
template <class T>
using Member = T& (*)(Config&);
#define MEMBER(path)         \
  +[](Config & c) -> auto& { \
    return c.path;           \
  }

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

template <class T>
struct Range {
  T least;
  T most;
};

inline constexpr Range<Millis> kTimeout{std::chrono::seconds(1), std::chrono::hours(24)};
inline constexpr Range<unsigned> kCount{1, 1'000'000};

inline std::string as_is(const std::string& text) { return text; }

/// Every value but a list is one element.
Result<std::string_view> single(const Values& values);

// --- rows; `member` gives the place in a Config ---

Setting number_row(std::string_view key, Range<unsigned> range, Member<unsigned> member, std::string_view values,
                   std::string_view help);
Setting decimal_row(std::string_view key, Range<double> range, Member<double> member, std::string_view values,
                    std::string_view help);
Setting size_row(std::string_view key, Range<std::uint64_t> range, Member<std::uint64_t> member,
                 std::string_view values, std::string_view help);
Setting duration_row(std::string_view key, Range<Millis> range, Member<Millis> member, std::string_view values,
                     std::string_view help);
Setting boolean_row(std::string_view key, Member<bool> member, std::string_view help);
Setting text_row(std::string_view key, Member<std::string> member, Result<void> (*check)(std::string_view),
                 std::string_view values, std::string_view help);
Setting endpoints_row(std::string_view key, Member<std::vector<Endpoint>> member, std::string_view help);
Setting mode_row(std::string_view key, Member<unsigned> member, std::string_view help);
Setting networks_row(std::string_view key, Member<std::vector<Network>> member, std::string_view help);
/// A list that must not be empty: an unset shell variable in `--set smtp.listen=$WHERE` would mean something else.
Setting never_empty(Setting row, std::string_view or_else);
Setting reloadable(Setting row);

template <class Enum>
using Names = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum>
Setting choice_row(std::string_view key, Names<Enum> names, Member<Enum> member, std::string_view values,
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

template <class T, class Parse, class Format>
Setting list_row(std::string_view key, Member<std::vector<T>> member, Parse parse, Format format,
                 std::string_view values, std::string_view help) {
  Setting row{key, Setting::Type::list, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    std::vector<T> list;
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

/// smtp, lmtp, tls, proxy and xclient: all that SMTP is served by (settings_smtp.cc).
void add_smtp_sections(std::vector<Setting>& rows);
void add_api(std::vector<Setting>& rows);       // settings_api.cc
void add_admin(std::vector<Setting>& rows);     // settings_admin.cc
void add_dns(std::vector<Setting>& rows);       // settings_dns.cc
void add_filters(std::vector<Setting>& rows);   // settings_filters.cc
void add_report(std::vector<Setting>& rows);    // settings_report.cc
void add_log(std::vector<Setting>& rows);       // settings_log.cc
void add_watchdog(std::vector<Setting>& rows);  // settings_watchdog.cc
Setting secret(Setting row);

}  // namespace maildrop::rows
