/// replay_judge.cc: recorded mail before the filters of this process: options, the run, and its report.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <fstream>
#include <utility>

#include "command.h"
#include "core/text.h"
#include "explanation.h"
#include "filter/chain_source.h"
#include "help.h"
#include "local_models.h"
#include "progress.h"
#include "replay.h"
#include "replay/baseline.h"
#include "replay/by_date.h"
#include "replay/judged_run.h"
#include "replay/report_kinds.h"

namespace maildrop::cmd {
namespace {

/// Another configuration, and its filters.
struct Other {
  Config config;
  std::unique_ptr<LocalModels> models;
  std::unique_ptr<filter::ChainSource> source;
  std::shared_ptr<const filter::Chain> chain;
};

/// What a run goes by, and writes, open.
struct Files {
  std::optional<replay::FactBook> facts{};
  std::unique_ptr<replay::FactWriter> record{};
  std::optional<replay::Baseline> baseline{};  // of --compare, or:
  std::optional<Other> other{};
  std::unique_ptr<replay::BaselineWriter> save{};
  std::unique_ptr<ReplayTuning> tuning{};
};

tl::unexpected<int> failed(const Error& error, int status) {
  report(error);
  return tl::unexpected(status);
}

int status_of_reading(const Error& error) { return error.code == Code::invalid ? exit_data : exit_no_input; }

tl::expected<Other, int> open_other(const std::string& path, const Config& in_force, const Globals& globals) {
  if (::access(path.c_str(), R_OK) != 0) return failed({Code::not_found, "cannot read '" + path + "'"}, exit_no_input);
  auto loaded = read_candidate(path);
  if (!loaded) return failed(loaded.error(), exit_config);
  auto models = std::make_unique<LocalModels>(in_force, globals);
  auto source = std::make_unique<filter::ChainSource>(models->means());
  Other other{std::move(loaded->config), std::move(models), std::move(source), nullptr};
  auto chain = other.source->make(other.config);
  if (!chain) return tl::unexpected(report(chain.error()));
  other.chain = std::move(*chain);
  return other;
}

/// Prints why they cannot be opened, and gives the status.
tl::expected<Files, int> open_files(const ReplayOptions& options, const Globals& globals, const LoadedConfig& loaded,
                                    const filter::Chain& chain) {
  Files files;
  if (options.tune) {
    auto tuning = ReplayTuning::make(options, loaded, chain);
    if (!tuning) return tl::unexpected(tuning.error());
    files.tuning = std::move(*tuning);
  }
  if (!options.facts.empty()) {
    auto book = replay::FactBook::open(options.facts);
    if (!book) return failed(book.error(), status_of_reading(book.error()));
    files.facts = std::move(*book);
  }
  if (!options.compare.empty() && replay::Baseline::is_one(options.compare)) {
    auto baseline = replay::Baseline::open(options.compare);
    if (!baseline) return failed(baseline.error(), status_of_reading(baseline.error()));
    files.baseline = std::move(*baseline);
  } else if (!options.compare.empty()) {
    auto other = open_other(options.compare, loaded.config, globals);
    if (!other) return tl::unexpected(other.error());
    files.other = std::move(*other);
  }
  if (!options.record.empty()) {
    auto writer = replay::FactWriter::create(options.record);
    if (!writer) return failed(writer.error(), exit_cannot_create);
    files.record = std::move(*writer);
  }
  if (!options.save.empty()) {
    auto writer = replay::BaselineWriter::create(options.save);
    if (!writer) return failed(writer.error(), exit_cannot_create);
    files.save = std::move(*writer);
  }
  return files;
}

/// `12` or `0.5%`.
std::optional<replay::MostRegress> most_regress_of(std::string_view text) {
  replay::MostRegress most;
  most.percent = text.ends_with('%');
  if (most.percent) text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most.number);
  const bool good = error == std::errc() && end == text.data() + text.size() && most.number >= 0 &&
                    most.number <= (most.percent ? 100 : 1e9);
  return good ? std::optional(most) : std::nullopt;
}

std::string check_regress(const std::string& value) {
  return most_regress_of(value) ? "" : "'" + value + "' is neither a number of messages nor a percentage: 12, 0.5%";
}

std::vector<std::string> names_of(const filter::Chain& chain) {
  std::vector<std::string> names;
  for (const filter::Chain::Link& link : chain.links()) names.emplace_back(link.name);
  return names;
}

std::vector<replay::Report::Threshold> thresholds_of(const FilterSettings& settings) {
  std::vector<replay::Report::Threshold> thresholds;
  for (const auto& [does, score] : {std::pair{"tag", settings.tag},
                                    {"quarantine", settings.quarantine},
                                    {"defer", settings.defer},
                                    {"reject", settings.reject}})
    if (score > 0) thresholds.push_back({does, score});
  return thresholds;
}

class Judging {
 public:
  Judging(const ReplayOptions& options, const LoadedConfig& loaded, std::shared_ptr<const filter::Chain> chain)
      : options_(options), config_(loaded.config), chain_(std::move(chain)), costs_(chain_->links().size()) {
    if (!loaded.files.empty()) report_.config = loaded.files.front();
    report_.summary = replay::Summary(names_);
    report_.version = MAILDROP_VERSION;
    report_.sources = options.given.size();
    report_.thresholds = thresholds_of(chain_->settings());
    if (!options.compare.empty()) report_.comparison.emplace();
  }

  Result<void> run(Files& files) {
    files_ = &files;
    replay::SourceOptions reading = options_.reading;
    reading.give_up = [] { return was_interrupted(); };
    auto source = replay::open_all(options_.given, reading, {options_.by_folder, options_.manifest.get()});
    if (!options_.in_order)
      source = replay::by_date(std::move(source), [this](std::uint64_t read) {
        read_ahead_ = read;
        return !was_interrupted();
      });
    replay::JudgedRunOptions how;
    how.limit = options_.play.limit;
    how.rcpt = options_.play.rcpt;
    how.from = options_.play.from;
    how.facts = files.facts ? &*files.facts : nullptr;
    how.asks = options_.ask_dns;
    how.record = files.record.get();
    how.keys = files.save || files.baseline;
    how.parts = files.tuning != nullptr;
    if (files.other) how.reference = {&files.other->config, files.other->chain};
    replay::JudgedRun run(config_, chain_, how);
    const auto told = [this](const replay::JudgedMessage& message) { add(message); };
    const auto done = run.run(*source, told, [this](const replay::JudgedRunState& state) { return show(state); });
    bar_.wipe();
    state_ = run.state();
    report_.interrupted = was_interrupted();
    report_.troubles = broken_.troubles;
    whole_ = done && !report_.interrupted && how.limit == 0;
    if (options_.timing) report_.timing = {seconds_since(begun_), costs_};
    if (!done) return done;
    if (!tuned_) return tuned_;
    if (files.record) TRY(files.record->finish());
    if (files.save && !saved_) return saved_;
    return files.save ? files.save->finish() : Result<void>();
  }

  const replay::Report& report() const { return report_; }

  /// What went on, safe for a terminal.
  std::string remarks() const {
    ReplayEnd end;
    if (whole_ && options_.manifest) add_unmatched(*options_.manifest, end);
    std::string out = replay_troubles(broken_, end);
    if (nothing_compared()) out += "maildrop: no message could be compared, so --max-regress lets nothing pass\n";
    if (options_.quiet) return out;
    if (state_.late > 0)
      out += "maildrop: " + plural(state_.late, "message", "messages") +
             " judged at the time of one before, which came later: leave --in-order out\n";
    if (state_.unknown > 0)
      out += "maildrop: " + plural(state_.unknown, "question", "questions") +
             " of the DNS had no answer: see --ask-dns and --facts\n";
    return out;
  }

  int status() const {
    if (report_.interrupted) return exit_interrupted;
    if (nothing_compared()) return exit_regress;
    const auto most = most_regress_of(options_.max_regress);
    if (most && report_.comparison && replay::is_regress(*report_.comparison, *most)) return exit_regress;
    return report_.broken > 0 && report_.summary.messages == 0 ? exit_data : exit_ok;
  }

 private:
  /// A gate that looked at nothing would be open: by a file of other mail, say.
  bool nothing_compared() const {
    return !options_.max_regress.empty() && !report_.interrupted && report_.comparison->compared == 0;
  }

  void add(const replay::JudgedMessage& message) {
    const Result<replay::Outcome>& outcome = message.outcome;
    if (outcome) {
      report_.summary.add(*outcome);
      if (options_.timing) costs_.add(*outcome);
      if (report_.comparison) compare(message);
      if (files_->tuning && tuned_) tuned_ = files_->tuning->add(*outcome, message.likeness);
      if (files_->save && saved_) saved_ = files_->save->add(message.key, *outcome);
      return;
    }
    ++report_.broken;
    broken_.add_trouble(message.name, outcome.error().what);
  }

  void compare(const replay::JudgedMessage& message) {
    std::optional<replay::Verdict> before;
    if (files_->baseline) before = files_->baseline->of(message.key);
    if (message.before) before = {message.before->fate, message.before->by, message.before->score};
    if (before)
      report_.comparison->add(*before, *message.outcome, names_);
    else
      ++report_.comparison->unknown;
  }

  /// false: interrupted.
  bool show(const replay::JudgedRunState& state) {
    if (state.read > 0 && !judging_since_) judging_since_ = std::chrono::steady_clock::now();
    if (!options_.quiet) bar_.tell([&] { return progress(state); });
    return !was_interrupted();
  }

  /// `[####----]  40%  4,938 of 12,345, 1,234 a second, 6s left`
  std::string progress(const replay::JudgedRunState& state) {
    if (state.read == 0) return with_commas(read_ahead_) + " read";
    const double rate = static_cast<double>(state.read) / seconds_since(*judging_since_);
    std::string line =
        state.of == 0 ? with_commas(state.read) + " judged" : progress_bar(state.read, state.of, Bar::kWidth);
    if (report_.broken > 0) line += ", " + with_commas(report_.broken) + " broken";
    line += ", " + with_commas(static_cast<std::uint64_t>(rate)) + " a second";
    if (state.of <= state.read || rate < 1) return line;
    const std::chrono::seconds left(static_cast<std::int64_t>(static_cast<double>(state.of - state.read) / rate));
    return line + ", " + format_duration(left) + " left";
  }

  const ReplayOptions& options_;
  const Config& config_;
  const std::shared_ptr<const filter::Chain> chain_;
  const std::vector<std::string> names_ = names_of(*chain_);
  Files* files_ = nullptr;
  Result<void> saved_{}, tuned_{};
  replay::Report report_;
  replay::Tally broken_;  // its troubles alone
  replay::Costs costs_;
  replay::JudgedRunState state_;
  Bar bar_;
  const Monotonic begun_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> read_ahead_{0};  // by another thread, before any is judged
  std::optional<Monotonic> judging_since_{};
  bool whole_ = false;  // all that there is was judged
};

}  // namespace

int write_replay_report(const ReplayOptions& options, const std::string& text) {
  if (options.output.empty()) {
    const auto printed = print(STDOUT_FILENO, text);
    return printed ? exit_ok : (report(printed.error()), exit_io);
  }
  std::ofstream out(options.output, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) return exit_ok;
  report({Code::unavailable, "cannot write '" + options.output + "'"});
  return exit_cannot_create;
}

void declare_judging(CLI::App& app, ReplayOptions& options) {
  app.add_option("--facts", options.facts, "What the DNS answered when --record wrote this file.")->type_name("FILE");
  app.add_flag("--in-order", options.in_order,
               "Judge as the mail is read, and not in the order in which it came, for which all is read first, into a "
               "file under $TMPDIR.");
  app.add_flag("--ask-dns", options.ask_dns, "Ask the DNS about what is not known.");
  app.add_option("--record", options.record, "Write what the DNS answered into this file, which must not be there.")
      ->type_name("FILE");
  std::vector<std::string> forms;
  for (const replay::ReportKind* kind : replay::report_kinds()) forms.emplace_back(kind->name);
  one_of(app.add_option("--report", options.form, "The form of the report."), forms);
  app.add_option("--output", options.output, "Write the report into this file.")->type_name("FILE");
  app.add_option("--save", options.save, "Write what became of each message into this file, to compare with later.")
      ->type_name("FILE");
  app.add_option("--compare", options.compare,
                 "Tell what fares otherwise than by this: another configuration, or what --save wrote.")
      ->type_name("FILE");
  app.add_option("--max-regress", options.max_regress,
                 "End with 2 when more messages of a label fare worse than better by more than this: 12, or 0.5%.")
      ->type_name("AMOUNT")
      ->check(CLI::Validator([](std::string& value) { return check_regress(value); }, ""));
  app.add_flag("--timing", options.timing,
               "Tell what filters took, too: these figures are others each time, where all else is not.");
}

int judge_recorded(const ReplayOptions& options, const Globals& globals) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const LocalModels models(loaded->config, globals);
  filter::ChainSource source(models.means());
  auto chain = source.make(loaded->config);
  if (!chain) return report(chain.error());
  report_problems(source);
  for (const filter::Chain::Link& link : (*chain)->links())
    if (link.filter->is_taught() && !options.quiet)
      say(STDERR_FILENO, "maildrop: " + std::string(link.name) +
                             " goes by what it was taught: of the mail that it was taught its findings tell nothing\n");
  auto files = open_files(options, globals, *loaded, **chain);
  if (!files) return files.error();
  listen_to_signals();
  Judging judging(options, *loaded, std::move(*chain));
  const auto done = judging.run(*files);
  say(STDERR_FILENO, judging.remarks());
  if (!done) report(done.error());
  if (options.tune && done) return judging.status() == exit_data ? exit_data : files->tuning->finish();
  if (options.tune) return exit_for(done.error());
  const replay::ReportKind* kind = replay::report_kind(options.json ? "json" : options.form);
  if (!options.quiet || options.json || !options.output.empty())
    if (const int status = write_replay_report(options, kind->write(judging.report())); status != exit_ok)
      return status;
  return done ? judging.status() : exit_for(done.error());
}

}  // namespace maildrop::cmd
