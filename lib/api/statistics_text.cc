/// statistics_text.cc: tables with their numbers to the right, in the order of pflogsumm's report.
#include "api/statistics_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "api/page.h"
#include "core/aligned.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

namespace series = store::series;

constexpr std::size_t kGap = 2;          // columns between columns
constexpr std::size_t kLeastPlot = 8;    // columns: a smaller one shows nothing
constexpr std::size_t kWidestPlot = 48;  // columns
constexpr std::size_t kMostByHour = 72;  // hours; of more, days are told
constexpr std::size_t kHoursOfDay = 24;
constexpr std::size_t kMinuteLength = 16;  // of `2023-11-14T22:13`

constexpr std::string_view kHeadings[] = {"Grand totals",
                                          "By hour",
                                          "By reason of refusal",
                                          "By list: clients that a DNSBL has",
                                          "By source: what the store holds now",
                                          "By filter",
                                          "Latency: from the end of a message's data to the answer",
                                          "Store"};

std::string decimal_of(double number) {
  if (number >= 100) return with_commas(static_cast<std::uint64_t>(std::llround(number)));
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

std::string percent_of(double share) { return decimal_of(100 * share) + "%"; }

/// `2023-11-14 22:13`, in UTC.
std::string minute_of(Time time) {
  std::string text = rfc3339(time).substr(0, kMinuteLength);
  text[text.find('T')] = ' ';
  return text;
}

/// `3.2 ms`, `1.5 s`.
std::string duration_of(double seconds) {
  char text[32];
  const bool small = seconds < 1;
  std::snprintf(text, sizeof text, small ? "%.3g ms" : "%.3g s", small ? seconds * 1000 : seconds);
  return text;
}

/// Bytes are told as such.
std::string told_number(const Series& of, std::uint64_t n) {
  return of.group.empty() && of.name == series::kBytes ? format_size_short(n) : with_commas(n);
}

struct TableRow {
  std::vector<std::string> cells;
  const std::vector<std::uint64_t>* plot = nullptr;  // drawn behind them
};

/// The first column is text, the others are numbers; each is as wide as it must be. What does not fit is cut.
class TextTable {
 public:
  explicit TextTable(const StatisticsLook& look) : look_(look) {}
  void add(std::vector<std::string> cells, const std::vector<std::uint64_t>* plot = nullptr) {
    for (std::string& each : cells) each = terminal_safe(each);
    rows_.push_back({std::move(cells), plot});
  }
  std::string text() const {
    std::vector<std::size_t> widths;
    for (const TableRow& row : rows_) {
      widths.resize(std::max(widths.size(), row.cells.size()));
      for (std::size_t i = 0; i < row.cells.size(); ++i) widths[i] = std::max(widths[i], display_width(row.cells[i]));
    }
    std::size_t wide = 0;
    for (const std::size_t each : widths) wide += each + kGap;
    shrink(widths, wide);
    const std::size_t left = look_.width > wide ? look_.width - wide : 0;
    const std::size_t plot = !look_.plots || left < kLeastPlot ? 0 : std::min(left, kWidestPlot);
    std::string out;
    for (const TableRow& row : rows_) out += line(row, widths, plot);
    return out;
  }

 private:
  /// A long name gives way before numbers do.
  void shrink(std::vector<std::size_t>& widths, std::size_t& wide) const {
    constexpr std::size_t kLeastName = 12;
    if (look_.width == 0 || wide <= look_.width || widths.empty() || widths[0] <= kLeastName) return;
    const std::size_t less = std::min(wide - look_.width, widths[0] - kLeastName);
    widths[0] -= less;
    wide -= less;
  }
  std::string line(const TableRow& row, const std::vector<std::size_t>& widths, std::size_t plot) const {
    std::string out;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const std::string cell = look_.width > 0 ? cut_to_width(row.cells[i], widths[i]) : row.cells[i];
      out += std::string(kGap, ' ') + aligned(cell, widths[i], i > 0 ? Align::right : Align::left);
    }
    if (plot > kGap && row.plot) out += std::string(kGap, ' ') + sparkline(*row.plot, plot - kGap);
    while (out.ends_with(' ')) out.pop_back();
    return (look_.width > 0 ? cut_to_width(out, look_.width) : out) + "\n";
  }

  const StatisticsLook& look_;
  std::vector<TableRow> rows_;
};

std::string part_heading(StatisticsPart part, bool days, const StatisticsLook& look) {
  std::string text(part == StatisticsPart::hour && days ? "By day" : kHeadings[static_cast<std::size_t>(part)]);
  if (look.width > 0) text = cut_to_width(text, look.width);
  return "\n" + (look.bold ? "\x1b[1m" + text + "\x1b[0m" : text) + "\n";
}

std::string grand_totals(const Digest& digest, const StatisticsLook& look) {
  TextTable table(look);
  const std::string hours = std::to_string(digest.plot.hours) + (digest.plot.hours == 1 ? " HOUR" : " HOURS");
  table.add({"", hours, "PER HOUR", "PER MINUTE", digest.open ? "THIS HOUR" : "LAST HOUR", "TOTAL"});
  for (const Series& each : digest.plot.series) {
    if (!each.group.empty()) continue;
    const double rate = digest.per_hour(each.sum());
    const bool bytes = each.name == series::kBytes;
    const auto told = [&](double n) {
      return bytes ? format_size_short(static_cast<std::uint64_t>(n)) : decimal_of(n);
    };
    table.add({each.name, told_number(each, each.sum()), told(rate), told(rate / 60),
               told_number(each, each.counts.back()), told_number(each, each.total)},
              &each.counts);
  }
  return table.text();
}

/// Rows of hours, or of days in UTC.
std::string by_time(const Digest& digest, bool days, const StatisticsLook& look) {
  const Plot& plot = digest.plot;
  TextTable table(look);
  std::vector<std::string> cells{days ? "DAY" : "HOUR"};
  std::vector<const Series*> columns;
  for (const std::string_view name :
       {series::kStored, series::kRefused, series::kDeferred, series::kDiscarded, series::kConnections, series::kBytes})
    if (const Series* found = plot.find({}, name)) {
      columns.push_back(found);
      cells.emplace_back(name);
      for (char& c : cells.back()) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
  table.add(std::move(cells));
  for (std::size_t at = 0; at < plot.hours;) {
    const store::Hour hour = plot.first + static_cast<store::Hour>(at);
    const std::size_t end =
        days ? std::min(plot.hours, at + kHoursOfDay - static_cast<std::size_t>(hour) % kHoursOfDay) : at + 1;
    const std::string begin = minute_of(store::begin_of(hour));
    cells = {(days ? begin.substr(0, begin.find(' ')) : begin) + (end == plot.hours && digest.open ? " *" : "")};
    for (const Series* each : columns) {
      std::uint64_t sum = 0;
      for (std::size_t i = at; i < end; ++i) sum += each->counts[i];
      cells.push_back(told_number(*each, sum));
    }
    table.add(std::move(cells));
    at = end;
  }
  return table.text();
}

std::string by_group(const Digest& digest, StatisticsPart part, std::size_t top, const StatisticsLook& look) {
  std::vector<const Series*> all;
  std::uint64_t sum = 0, rest = 0;
  for (const Series& each : digest.plot.series) {
    if (!is_of(each, part) || each.sum() == 0) continue;
    all.push_back(&each);
    sum += each.sum();
  }
  if (all.empty()) return "  none\n";
  TextTable table(look);
  table.add({"", "COUNT", "SHARE", "TOTAL"});
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint64_t n = all[i]->sum();
    if (i >= top) {
      rest += n;
      continue;
    }
    table.add({all[i]->name, with_commas(n), percent_of(static_cast<double>(n) / static_cast<double>(sum)),
               with_commas(all[i]->total)},
              &all[i]->counts);
  }
  if (all.size() > top)
    table.add({"and " + std::to_string(all.size() - top) + " more", with_commas(rest),
               percent_of(static_cast<double>(rest) / static_cast<double>(sum))});
  return table.text();
}

std::string by_source(const Digest& digest, std::size_t top, const StatisticsLook& look) {
  const std::vector<store::SourceFigures>& all = *digest.sources;
  if (all.empty()) return "  none\n";
  TextTable table(look);
  table.add({"", "MESSAGES", "BYTES"});
  for (std::size_t i = 0; i < std::min(top, all.size()); ++i)
    table.add({store::to_string(all[i].source), with_commas(all[i].messages), format_size_short(all[i].bytes)});
  if (all.size() > top) table.add({"and " + std::to_string(all.size() - top) + " more"});
  return table.text();
}

std::string latency_text(const Latency& latency, const StatisticsLook& look) {
  TextTable table(look);
  table.add({"", "WITHIN", "BETWEEN", "AND"});
  for (const auto& [name, found] :
       {std::pair("half (p50)", latency.p50), {"9 of 10 (p90)", latency.p90}, {"99 of 100 (p99)", latency.p99}}) {
    if (!found) continue;
    const bool longer = std::isinf(found->to);
    table.add({name, longer ? "more" : duration_of(found->seconds), duration_of(found->from),
               longer ? "any time" : duration_of(found->to)});
  }
  return latency.count == 0 ? "  none\n" : table.text();
}

std::string store_text(const std::optional<StoreUse>& store, const StatisticsLook& look) {
  if (!store) return "  not known here: /metrics of the server tells it\n";
  TextTable table(look);
  table.add({"inboxes", with_commas(store->inboxes)});
  table.add({"messages", with_commas(store->messages)});
  table.add({"bytes", format_size_short(store->bytes)});
  table.add({"of at most", format_size_short(store->limit)});
  table.add({"used", percent_of(store->share())});
  return table.text();
}

bool days_wanted(const Digest& digest, const StatisticsChoice& choice) {
  return !choice.part && digest.plot.hours > kMostByHour;
}

std::string part_text(const Digest& digest, StatisticsPart part, const StatisticsChoice& choice,
                      const StatisticsLook& look) {
  const std::size_t top = choice.top > 0 ? choice.top : kUsualTop;
  switch (part) {
    case StatisticsPart::total: return grand_totals(digest, look);
    case StatisticsPart::hour: return by_time(digest, days_wanted(digest, choice), look);
    case StatisticsPart::source: return by_source(digest, top, look);
    case StatisticsPart::latency: return latency_text(digest.latency, look);
    case StatisticsPart::store: return store_text(digest.store, look);
    default: return by_group(digest, part, top, look);
  }
}

/// Of when the numbers are, and from when on they are counted.
std::string first_lines(const Digest& digest, const StatisticsLook& look) {
  const Plot& plot = digest.plot;
  const std::string lines[] = {"From " + minute_of(digest.begin) + " to " + minute_of(digest.end) + " UTC" +
                                   (digest.open ? "; the last hour (*) is not over" : ""),
                               plot.since ? "In total: since " + minute_of(*plot.since) : "Nothing was counted yet"};
  std::string out;
  for (const std::string& each : lines) out += (look.width > 0 ? cut_to_width(each, look.width) : each) + "\n";
  return out;
}

}  // namespace

std::string statistics_text(const Digest& digest, const StatisticsChoice& choice, const StatisticsLook& look) {
  std::string out = first_lines(digest, look);
  for (const StatisticsPart part :
       {StatisticsPart::total, StatisticsPart::hour, StatisticsPart::reason, StatisticsPart::list,
        StatisticsPart::source, StatisticsPart::filter, StatisticsPart::latency, StatisticsPart::store})
    if (choice.wants(part) && (part != StatisticsPart::source || digest.sources))
      out += part_heading(part, days_wanted(digest, choice), look) + part_text(digest, part, choice, look);
  return out;
}

std::string statistics_line(const Digest& now, const Digest& before) {
  std::string out = rfc3339(now.now);
  const auto total = [](const Digest& of, std::string_view name) {
    const Series* found = of.plot.find({}, name);
    return found ? found->total : 0;
  };
  for (const std::string_view name :
       {series::kStored, series::kRefused, series::kDeferred, series::kDiscarded, series::kConnections})
    out.append(" ").append(name).append("=").append(std::to_string(total(now, name)));
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now.now - before.now).count();
  const std::uint64_t stored = total(now, series::kStored), had = total(before, series::kStored);
  if (minutes > 0 && stored >= had)
    out += " stored_per_minute=" + format_number(std::round(static_cast<double>(stored - had) / minutes * 10) / 10);
  return out;
}

std::string sparkline(std::span<const std::uint64_t> counts, std::size_t columns) {
  static constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t kLevels = std::size(kBlocks) - 1;
  const std::size_t wide = std::min(counts.size(), columns);
  std::vector<double> sums(wide);
  for (std::size_t i = 0; i < counts.size() && wide > 0; ++i)
    sums[i * wide / counts.size()] += static_cast<double>(counts[i]);
  const double most = wide > 0 ? *std::max_element(sums.begin(), sums.end()) : 0;
  std::string out;
  for (const double sum : sums)
    out += kBlocks[sum > 0 ? std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(kLevels * sum / most))) : 0];
  return out;
}

}  // namespace maildrop::api
