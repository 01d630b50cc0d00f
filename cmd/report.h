/// report.h: the parts of `maildrop report`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "report/ranking.h"

namespace maildrop::cmd {

/// How many lines were no decisions, of how many.
struct ReportsRead {
  std::size_t lines = 0;
  std::size_t broken = 0;
};

/// false: it is no decision.
using EachDecision = std::function<bool(std::string_view line)>;

/// The lines of these files, `-` being standard input. Without any, those that the configuration names: report.file,
/// what was moved aside first, or the stream of report.redis, from `since` on.
///   invalid      the configuration names none
///   not_found    there is no such file
///   unavailable  it cannot be read
Result<ReportsRead> read_reports(const Config& config, const std::vector<std::string>& files, Time since,
                                 const EachDecision& each);

/// What all kinds of reports are asked with.
struct ReportWords {
  std::vector<std::string> files;
  std::string format = "text";
  std::string since = "30d";
  std::size_t limit = 100;
  std::string output;
};
void add_files(CLI::App& app, ReportWords& words);
CLI::Option* report_duration(CLI::Option* option);
void add_since(CLI::App& app, ReportWords& words);
void add_output(CLI::App& app, ReportWords& words);
/// `--limit`, and that.
void add_bounds(CLI::App& app, ReportWords& words, const std::string& limit);

/// The lines of the reports that these words ask for, of any age. What is no decision is told; the status where there
/// is nothing else, or the reports cannot be read.
tl::expected<void, int> read_decisions(const Config& config, const ReportWords& words, Time since,
                                       const EachDecision& each);
/// The same, as far as they say who did what.
using EachSighting = std::function<void(const report::Sighting& sighting)>;
tl::expected<void, int> read_sightings(const Config& config, const ReportWords& words, Time now,
                                       const EachSighting& each);

/// To --output: whoever reads the file, and others do, sees the old one or the new one.
Result<void> write_report(const ReportWords& words, const std::string& text);

/// `maildrop report filters`.
CLI::App* declare_filters_report(CLI::App& app, ReportWords& words);
int run_filters_report(const Globals& globals, const ReportWords& words);

/// `maildrop report shadow`.
struct ShadowWords : ReportWords {
  std::string manifest;
};
CLI::App* declare_shadow_report(CLI::App& app, ShadowWords& words);
int run_shadow_report(const Globals& globals, const ShadowWords& words);

}  // namespace maildrop::cmd
