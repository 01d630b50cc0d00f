/// filter_rows.h: makes the rows that every filter has. For settings_filters.cc and settings_filter_NAME.cc.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/setting_rows.h"
#include "core/setting_values.h"

namespace maildrop::rows {

inline constexpr Range<double> kScore{-100, 100};  // of what one finding may say

/// `filter.FILTER.NAME`, as long as the process lives: rows hold views of their keys.
std::string_view filter_key(std::string_view filter, std::string_view name);

/// `pass | defer | reject`, as long as the process lives.
std::string_view choices(std::span<const std::string_view> names);

/// Of an Enum whose values are in that order.
template <class Enum>
Names<Enum> in_order(std::span<const std::string_view> names) {
  Names<Enum> pairs;
  for (std::size_t i = 0; i < names.size(); ++i) pairs.emplace_back(names[i], static_cast<Enum>(i));
  return pairs;
}

/// An element of a list whose grammar a higher floor knows, and checks: as it is, if it is not empty or very long.
Result<std::string> parse_element(const std::string& text);

/// mode, weight, timeout and on_error. A Use gives their place in a Config.
template <class Use>
void add_use(std::vector<Setting>& rows, std::string_view filter, Use) {
  using Mode = FilterUse::Mode;
  using OnError = FilterUse::OnError;
  rows.push_back(reloadable(choice_row<Mode>(
      filter_key(filter, "mode"), in_order<Mode>(FilterUse::kModes),
      [](Config& config) -> Mode& { return Use()(config).mode; }, choices(FilterUse::kModes),
      "Whether it is asked at all, and whether what it finds is only kept and counted (observe), its score counts "
      "(score), or what it wants done is done, too (enforce).")));
  rows.push_back(reloadable(decimal_row(
      filter_key(filter, "weight"), {0, 100}, [](Config& config) -> double& { return Use()(config).weight; }, "0..100",
      "Its score counts that many times.")));
  rows.push_back(reloadable(duration_row(
      filter_key(filter, "timeout"), {Millis(0), Millis(1800)},
      [](Config& config) -> Millis& { return Use()(config).timeout; }, "0..1800ms",
      "How long its lookups may take in a phase, filter.timeout at most. 0: as long as that.")));
  rows.push_back(reloadable(choice_row<OnError>(
      filter_key(filter, "on_error"), in_order<OnError>(FilterUse::kOnErrors),
      [](Config& config) -> OnError& { return Use()(config).on_error; }, choices(FilterUse::kOnErrors),
      "What is done with mode = enforce when it cannot tell: no DNS, no store, a fault of its own.")));
}

/// All rows of one filter; each in settings_filter_NAME.cc.
void add_place(std::vector<Setting>& rows);
void add_tcp(std::vector<Setting>& rows);
void add_reserved(std::vector<Setting>& rows);
void add_size(std::vector<Setting>& rows);
void add_rate(std::vector<Setting>& rows);
void add_greylist(std::vector<Setting>& rows);
void add_headers(std::vector<Setting>& rows);
void add_uribl(std::vector<Setting>& rows);
void add_content(std::vector<Setting>& rows);  // urls, too
void add_bayes(std::vector<Setting>& rows);
void add_http(std::vector<Setting>& rows);
void add_rspamd(std::vector<Setting>& rows);
void add_milter(std::vector<Setting>& rows);
void add_lua(std::vector<Setting>& rows);

}  // namespace maildrop::rows
