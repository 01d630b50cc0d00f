/// replay_tune.cc: labelled mail as examples, and the weights that are fitted to it.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "command.h"
#include "core/text.h"
#include "filter/filters.h"
#include "help.h"
#include "progress.h"
#include "replay.h"
#include "replay/report_tuning.h"

namespace maildrop::cmd {
namespace {

// What is refused is lost to its recipient, what is marked is not.
constexpr double kMostMarked = 0.005, kMostRefused = 0.001;
constexpr double kMostOfAll = 0.5;

/// `0.5%`, as a part.
std::optional<double> part_of(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good =
      error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= kMostOfAll * 100;
  return good ? std::optional(number / 100) : std::nullopt;
}

std::string check_part(const std::string& value) {
  return part_of(value) ? "" : "'" + value + "' is no percentage from 0% to 50%";
}

/// Those whose findings are evidence and whose score is asked for: what is enforced decides by itself, and what we wish
/// or remember ourselves (filter::Evidence) is nothing that mail could tell. One that was taught may know this mail.
std::vector<replay::Tunable> tunables_of(const filter::Chain& chain, double lua_weight) {
  std::vector<replay::Tunable> tunables;
  const auto kinds = filter::filter_kinds();
  for (const filter::Chain::Link& link : chain.links()) {
    const bool script =
        std::none_of(kinds.begin(), kinds.end(), [&link](const auto& kind) { return kind.name == link.name; });
    const bool scored = link.use.mode == FilterUse::Mode::score;
    const bool fitted = (scored || link.use.mode == FilterUse::Mode::observe) &&
                        link.evidence != filter::Evidence::wish && !link.filter->is_taught();
    tunables.push_back({.name = std::string(link.name),
                        .weight = link.use.weight,
                        .counts = scored || link.use.mode == FilterUse::Mode::enforce,
                        .fitted = fitted && (!script || lua_weight > 0),
                        .script = script,
                        .of_script = script && lua_weight > 0 ? lua_weight : 1});
  }
  return tunables;
}

}  // namespace

void declare_tuning(CLI::App& app, ReplayOptions& options) {
  app.add_flag(
      "--tune", options.tune,
      "In place of a report, print weights of filters that are fitted to labelled mail, as TOML, and what they "
      "are worth. Nothing is changed.");
  app.add_option("--max-false-positives", options.max_false_positives,
                 "So much of the ham may reach the lowest threshold by those weights (default: 0.5%, and 0.1% where "
                 "that threshold refuses).")
      ->type_name("RATE")
      ->check(CLI::Validator([](std::string& value) { return check_part(value); }, ""));
}

tl::expected<std::unique_ptr<ReplayTuning>, int> ReplayTuning::make(const ReplayOptions& options,
                                                                    const LoadedConfig& loaded,
                                                                    const filter::Chain& chain) {
  const FilterSettings& settings = chain.settings();
  replay::TuningOptions how;
  for (const auto& [does, score] : {std::pair{"tag", settings.tag},
                                    {"quarantine", settings.quarantine},
                                    {"defer", settings.defer},
                                    {"reject", settings.reject}})
    if (score > 0) how.thresholds.push_back({does, score});
  if (how.thresholds.empty()) {
    report({Code::invalid, "no sum does anything: set filter.tag, filter.quarantine or filter.reject"});
    return tl::unexpected<int>(exit_config);
  }
  std::stable_sort(how.thresholds.begin(), how.thresholds.end(),
                   [](const auto& a, const auto& b) { return a.score < b.score; });
  const std::string& lowest = how.thresholds.front().does;
  how.most_false = lowest == "tag" || lowest == "quarantine" ? kMostMarked : kMostRefused;
  if (const auto asked = part_of(options.max_false_positives)) how.most_false = *asked;
  auto examples = replay::Examples::create();
  if (!examples) return tl::unexpected<int>(report(examples.error()));
  auto tuning = std::make_unique<ReplayTuning>(options, std::move(*examples), std::move(how));
  tuning->filters_ = tunables_of(chain, loaded.config.filter.lua.weight);
  tuning->report_.version = MAILDROP_VERSION;
  if (!loaded.files.empty()) tuning->report_.config = loaded.files.front();
  return tuning;
}

ReplayTuning::ReplayTuning(const ReplayOptions& options, replay::Examples examples, replay::TuningOptions how)
    : options_(options),
      how_(std::move(how)),
      examples_(std::move(examples)),
      bar_(screen_of(STDERR_FILENO, "never")) {}

Result<void> ReplayTuning::add(const replay::Outcome& outcome, const replay::Likeness& likeness) {
  const bool spam = outcome.label == replay::Label::spam;
  if (outcome.label == replay::Label::none || !outcome.parts) {
    ++report_.unlabelled;
    return {};
  }
  if (!outcome.parts->decided) return examples_.add({spam, outcome.parts->scores}, likeness);
  ++(spam ? report_.decided_spam : report_.decided_ham);
  return {};
}

bool ReplayTuning::show(unsigned done, unsigned of) {
  if (bar_.terminal && !options_.quiet) {
    bar_shown_ = true;
    say(bar_.fd, "\rfitting: " + std::to_string(done) + " of " + std::to_string(of) + "\x1b[K");
  }
  return !was_interrupted();
}

int ReplayTuning::finish() {
  auto tuning = fit();
  if (bar_shown_) say(bar_.fd, "\r\x1b[K");
  if (was_interrupted()) {
    say(STDERR_FILENO, "maildrop: interrupted, and nothing was fitted\n");
    return exit_interrupted;
  }
  if (!tuning) {
    const int status = report(tuning.error());
    return tuning.error().code == Code::invalid ? exit_data : status;
  }
  report_.tuning = std::move(*tuning);
  const bool json = options_.json || options_.form == "json";
  if (options_.quiet && !options_.json && options_.output.empty()) return exit_ok;
  return write_replay_report(options_, json ? replay::tuning_json(report_) : replay::tuning_toml(report_));
}

Result<replay::Tuning> ReplayTuning::fit() {
  if (was_interrupted()) return fail(Code::unavailable, "interrupted");
  TRY(examples_.divide(replay::TuningOptions::kFolds));
  return replay::tune(examples_, filters_, how_, [this](unsigned done, unsigned of) { return show(done, of); });
}

}  // namespace maildrop::cmd
