/// report_text.cc: a screen of a hundred columns.
#include <algorithm>

#include "api/page.h"
#include "core/text.h"
#include "replay/report_comparison.h"
#include "replay/report_table.h"
#include "replay/report_words.h"

namespace maildrop::replay {

namespace {

using api::with_commas;

constexpr std::size_t kMistakesShown = 10;  // of either kind: a screen; other forms have all that are named

/// A line of strangers' text.
std::string line(std::string_view text) { return cut_to_width(terminal_safe(text), TextTable::kWidth) + "\n"; }

std::string fates_lines(const Summary& summary) {
  TextTable table;
  std::vector<std::string> head{"", "messages"};
  head.insert(head.end(), kFateNames.begin(), kFateNames.end());
  table.add(head);
  for (const Label label : labels_of(summary)) {
    std::vector<std::string> row{std::string(label_word(label)), with_commas(summary.count(label))};
    for (std::size_t fate = 0; fate < kFates; ++fate)
      row.push_back(with_commas(summary.count(label, static_cast<Fate>(fate))));
    table.add(row);
  }
  return table.text();
}

std::string measures_lines(const Summary& summary) {
  const std::vector<MeasureRow> rows = measures_of(summary);
  if (rows.empty()) return {};
  TextTable table(TextTable::Last::left);
  table.add({"", "", "95 % within", "", ""});
  for (const MeasureRow& row : rows) table.add({row.name, row.value, row.range, row.of, row.meaning});
  return "\n" + table.text() +
         "Caught: tagged, quarantined, discarded or rejected; not deferred, as that may well come again.\n";
}

std::string filters_lines(const Summary& summary) {
  const std::vector<std::size_t> busy = busy_filters(summary);
  const std::vector<Label> labels = told_labels(summary);
  std::string out = "\n";
  if (!busy.empty()) {
    TextTable table;
    std::vector<std::string> head{"filter"};
    for (const char* what : {"hits", "alone", "without"})
      for (const Label label : labels) head.push_back(std::string(what).append(" ").append(label_word(label)));
    head.push_back("failed");
    table.add(head);
    for (const std::size_t at : busy) {
      const FilterSummary& each = summary.filters[at];
      std::vector<std::string> row{each.name};
      for (const Label label : labels) row.push_back(with_commas(each.hits[place_of(label)]));
      for (const Label label : labels) row.push_back(with_commas(each.unique[place_of(label)]));
      for (const Label label : labels) row.push_back(with_commas(summary.accepted_without(at, label)));
      row.push_back(with_commas(each.failed));
      table.add(row);
    }
    out +=
        table.text() + "alone: not accepted, and accepted without it; without: all that would be accepted without it\n";
  }
  if (const std::size_t idle = summary.filters.size() - busy.size())
    out += plural_of(idle, "filter", "filters") + " found nothing\n";
  return out == "\n" ? "" : out;
}

std::string decided(const Summary& summary) {
  const auto rows = deciders(summary);
  if (rows.empty()) return {};
  const std::vector<Label> labels = labels_of(summary);
  TextTable table;
  std::vector<std::string> head{"decided by"};
  for (const Label label : labels) head.emplace_back(label_word(label));
  table.add(head);
  for (const auto& [name, counts] : rows) {
    std::vector<std::string> row{name};
    for (const Label label : labels) row.push_back(with_commas(counts[place_of(label)]));
    table.add(row);
  }
  return "\n" + table.text();
}

std::string mistakes_lines(const Summary& summary, std::string_view title, const std::vector<Mistake>& named,
                           std::uint64_t all) {
  if (all == 0) return {};
  const std::size_t shown = std::min(named.size(), kMistakesShown);
  std::string out = "\n" + std::string(title) + ": " + with_commas(all);
  out += shown < all ? ", the first " + std::to_string(shown) + "\n" : "\n";
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string score = score_text(named[i].score);
    out += line(std::string(8 - std::min<std::size_t>(8, score.size()), ' ') + score + "  " + named[i].name);
    std::string why = "          " + judged(named[i]);
    for (const auto& reason : named[i].reasons) why += "; " + reason_text(summary, reason);
    out += line(why);
  }
  return out;
}

std::string broken_lines(const Report& report) {
  if (report.broken == 0) return {};
  std::string out = "\nbroken: " + with_commas(report.broken) + "\n";
  const std::size_t shown = std::min(report.troubles.size(), kMistakesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [name, what] = report.troubles[i];
    out += line("          " + (name.empty() ? what : name + ": " + what));
  }
  if (shown < report.broken) out += "          ... and " + with_commas(report.broken - shown) + " more\n";
  return out;
}

std::string compared_lines(const Comparison& all) {
  std::string out;
  for (const TextRows& rows : {comparison_by_label(all), comparison_by_fate(all)}) {
    TextTable table;
    for (const auto& row : rows) table.add(row);
    if (!rows.empty()) out += table.text();
  }
  const std::size_t shown = std::min(all.named.size(), kMistakesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    out += line("          " + std::string(label_word(all.named[i].label)) + ": " + all.named[i].name);
    out += line("          " + change_text(all.named[i]));
  }
  if (shown < all.changed) out += "          ... and " + with_commas(all.changed - shown) + " more\n";
  return out;
}

std::string timing_lines(const Report& report) {
  if (!report.timing) return {};
  const Costs& costs = report.timing->costs;
  const double seconds = report.timing->seconds;
  std::string out = "\n" + fixed(seconds, 1) + " s, " +
                    fixed(static_cast<double>(report.summary.messages) / std::max(seconds, 0.001), 1) + " messages/s\n";
  TextTable table;
  table.add({"ms", "asked", "mean", "p50", "p99", "max"});
  const auto add = [&table](const std::string& name, const Costs::Row& row) {
    if (row.spread.count() == 0) return;
    table.add({name, with_commas(row.spread.count()), fixed(row.mean(), 3), fixed(row.spread.percentile(0.5), 3),
               fixed(row.spread.percentile(0.99), 3), fixed(row.spread.max(), 3)});
  };
  add("a message", costs.messages());
  for (std::size_t i = 0; i < std::min(costs.filters().size(), report.summary.filters.size()); ++i)
    add(report.summary.filters[i].name, costs.filters()[i]);
  return out + table.text();
}

std::string write_text(const Report& report) {
  const Summary& summary = report.summary;
  const Confusion all = summary.confusion();
  std::string out = line(headline(report));
  const std::string missing = what_is_missing(report);
  if (!missing.empty()) out += missing + "\n";
  if (summary.messages > 0) out += "\n" + fates_lines(summary);
  out += measures_lines(summary) +
         (report.comparison ? "\n" + comparison_headline(*report.comparison) + "\n" + compared_lines(*report.comparison)
                            : "") +
         filters_lines(summary) + decided(summary);
  out += mistakes_lines(summary, "false positives", summary.false_positives, all.ham.caught);
  out += mistakes_lines(summary, "false negatives", summary.false_negatives, all.spam.passed);
  return out + broken_lines(report) + timing_lines(report);
}

}  // namespace

std::string comparison_text(const Comparison& comparison) { return compared_lines(comparison); }

extern const ReportKind text_report;
const ReportKind text_report{"text", "a screen for people", write_text};

}  // namespace maildrop::replay
