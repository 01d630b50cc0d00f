/// report_shadow.cc: maildrop report shadow: what filter.shadow would have done otherwise.
#include <optional>

#include "api/page.h"
#include "command.h"
#include "core/text.h"
#include "help.h"
#include "replay/live_changes.h"
#include "replay/manifest.h"
#include "replay/report_comparison.h"
#include "replay/report_words.h"
#include "report.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kShadowExamples =
    "maildrop report shadow\n"
    "maildrop report shadow --since=1d --format=json /var/log/maildrop/report.jsonl\n"
    "maildrop report shadow --manifest=labels.csv";

std::string headline_of(const replay::Comparison& found) {
  return api::with_commas(found.changed) + " of " + replay::plural_of(found.compared, "decision", "decisions") +
         " would be otherwise by filter.shadow (now) than they were (before)" +
         (found.unknown > 0 ? "; of " + api::with_commas(found.unknown) + " it said nothing" : "") + "\n";
}

}  // namespace

int run_shadow_report(const Globals& globals, const ShadowWords& words) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  std::optional<replay::Manifest> manifest;
  if (!words.manifest.empty()) {
    auto opened = replay::Manifest::open(words.manifest);
    if (!opened) return report(opened.error()), opened.error().code == Code::invalid ? exit_data : exit_no_input;
    manifest = std::move(*opened);
  }
  replay::LiveChanges changes([&manifest](std::string_view id) {
    replay::Sample sample;
    if (manifest) manifest->apply(id, sample);
    return sample.label;
  });
  const Time since = SystemClock().now() - *parse_duration(words.since);
  const auto read = read_decisions(loaded->config, words, since,
                                   [&](std::string_view line) { return changes.add(line, since).has_value(); });
  if (!read) return read.error();
  const replay::Comparison& found = changes.found();
  if (words.format == "text" && found.compared == 0) {
    report({Code::not_found, "filter.shadow has said nothing of any decision"});
    return exit_nothing;
  }
  const Result<void> done =
      write_report(words, words.format == "json" ? replay::comparison_json(found)
                                                 : headline_of(found) + replay::comparison_text(found));
  return done ? exit_ok : report(done.error());
}

CLI::App* declare_shadow_report(CLI::App& app, ShadowWords& words) {
  CLI::App* sub = app.add_subcommand("shadow", "Tell what filter.shadow would have done otherwise.");
  sub->footer(std::string(kShadowExamples));
  add_files(*sub, words);
  one_of(sub->add_option("--format", words.format, "How it is written; text, if not given."), {"text", "json"});
  sub->add_option(
         "--manifest", words.manifest,
         "A table (CSV) with the columns name, which has the ids of messages, and label, which is spam or ham: "
         "of these is told what would be judged rightly, and how likely that is by chance.")
      ->type_name("FILE");
  add_since(*sub, words);
  add_output(*sub, words);
  return sub;
}

}  // namespace maildrop::cmd
