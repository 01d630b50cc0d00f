/// report_filters.cc: maildrop report filters: how often each filter refused, deferred, discarded or marked.
#include <algorithm>

#include "command.h"
#include "core/aligned.h"
#include "core/text.h"
#include "help.h"
#include "report.h"
#include "report/filter_tally.h"

namespace maildrop::cmd {
namespace {

using report::FilterTally;
using report::kDeeds;

constexpr std::string_view kFiltersExamples =
    "maildrop report filters\n"
    "maildrop report filters --since=1d --format=csv /var/log/maildrop/report.jsonl\n"
    "zstdcat old.jsonl.zst | maildrop report filters --format=json -";

constexpr std::size_t kLeastColumn = 8;  // characters

std::string as_table(const std::vector<FilterTally::Row>& rows, Time now) {
  std::size_t width = 6;
  for (const FilterTally::Row& row : rows) width = std::max(width, row.filter.size());
  std::string out = aligned("FILTER", width) + "   REFUSED  DEFERRED  DISCARDED  QUARANTINED    TAGGED  SEEN\n";
  for (const FilterTally::Row& row : rows) {
    out += aligned(row.filter, width);
    for (std::size_t i = 0; i < kDeeds.size(); ++i)
      out += "  " + aligned(std::to_string(row.times[i]), std::max(kLeastColumn, kDeeds[i].size()), Align::right);
    out += "  " + format_age(now - row.last) + " ago\n";
  }
  return out;
}

std::string text_of(const std::vector<FilterTally::Row>& rows, const std::string& format, Time now) {
  if (format == "json") return report::as_json(rows);
  if (format == "csv") return report::as_csv(rows);
  return as_table(rows, now);
}

}  // namespace

int run_filters_report(const Globals& globals, const ReportWords& words) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const Time now = SystemClock().now();
  FilterTally tally;
  const auto found =
      read_sightings(loaded->config, words, now, [&tally](const report::Sighting& sighting) { tally.add(sighting); });
  if (!found) return found.error();
  const std::vector<FilterTally::Row> rows = tally.rows(words.limit);
  if (words.format == "text" && rows.empty()) {
    report({Code::not_found, "no filter has refused, deferred, discarded or marked anything"});
    return exit_nothing;
  }
  const Result<void> done = write_report(words, text_of(rows, words.format, now));
  return done ? exit_ok : report(done.error());
}

CLI::App* declare_filters_report(CLI::App& app, ReportWords& words) {
  CLI::App* sub = app.add_subcommand("filters", "Rank the filters by how often each refused, and what else it did.");
  sub->footer(std::string(kFiltersExamples));
  add_files(*sub, words);
  one_of(sub->add_option("--format", words.format, "How it is written; text, if not given."), {"text", "json", "csv"});
  add_since(*sub, words);
  add_bounds(*sub, words, "No more than the first N; 100, if not given.");
  return sub;
}

}  // namespace maildrop::cmd
