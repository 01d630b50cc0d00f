/// filter_train.cc: maildrop filter train: a model for the filter bayes, of recorded mail.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "core/file_error.h"
#include "core/text.h"
#include "filter.h"
#include "filter/bayes_model.h"
#include "filter/bayes_tokens.h"
#include "json_line.h"
#include "progress.h"
#include "replay.h"
#include "replay/by_date.h"
#include "store/backends.h"
#include "whole_file.h"

namespace maildrop::cmd {

struct TrainOptions {
  ReplayOptions reading;
  std::string to;
  bool anew = false;
  bool quiet = false;
  bool json = false;
};

namespace {

using filter::BayesModel;

constexpr std::string_view kTrainExamples =
    "maildrop filter train --spam spam/ --ham ham.mbox.gz\n"
    "maildrop filter train --spam store: --inbox my.own.trap\n"
    "maildrop filter train --to bayes.model --label-by-folder corpus.tar.zst";

/// What was read.
struct Lessons {
  BayesModel::Counts read{}, learned{};
  std::uint64_t unlabelled = 0;
  std::uint64_t broken = 0;
  replay::Tally troubles{};  // of broken ones

  std::uint64_t all() const { return read.spam + read.ham + unlabelled + broken; }
};

class Lesson {
 public:
  Lesson(const TrainOptions& options, BayesModel& model) : options_(options), model_(model) {}

  /// False: it was interrupted.
  bool run() {
    replay::SourceOptions reading = options_.reading.reading;
    reading.give_up = [] { return was_interrupted(); };
    replay::Manifest* manifest = options_.reading.manifest.get();
    const auto source =
        replay::mixed(replay::open_all(options_.reading.given, reading, {options_.reading.by_folder, manifest}),
                      [this](std::uint64_t read) { return show([&] { return with_commas(read) + " read"; }); });
    while (const auto next = source->next()) {
      take(*next);
      const auto line = [&] {
        return progress_bar(lessons_.all(), lessons_.all() + source->left().value_or(0), Bar::kWidth);
      };
      if (!show(line)) break;
    }
    bar_.wipe();
    return !was_interrupted();
  }

  const Lessons& lessons() const { return lessons_; }

 private:
  void take(const Result<replay::Sample>& sample) {
    if (!sample) {
      ++lessons_.broken;
      lessons_.troubles.add_trouble("", sample.error().what);
      return;
    }
    if (sample->label == replay::Label::none) {
      ++lessons_.unlabelled;
      return;
    }
    const bool spam = sample->label == replay::Label::spam;
    const filter::BayesTokens tokens(sample->data);
    ++(spam ? lessons_.read.spam : lessons_.read.ham);
    if (model_.learn(tokens.features(), spam)) ++(spam ? lessons_.learned.spam : lessons_.learned.ham);
  }

  bool show(const std::function<std::string()>& line) {
    if (!options_.quiet) bar_.tell(line);
    return !was_interrupted();
  }

  const TrainOptions& options_;
  BayesModel& model_;
  Lessons lessons_;
  Bar bar_;
};

/// Of the file that was there, or as for any new one: a server reads it that may be somebody else.
Result<void> keep_mode(int fd, const std::string& path) {
  struct stat before {};
  if (::stat(path.c_str(), &before) == 0) {
    [[maybe_unused]] const int owned = ::fchown(fd, before.st_uid, before.st_gid);  // only root may
    if (::fchmod(fd, before.st_mode & 0777) == 0) return {};
    return tl::unexpected(file_error("write", path, errno));
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(fd, 0666 & ~mask) == 0) return {};
  return tl::unexpected(file_error("write", path, errno));
}

Result<void> write_model(const BayesModel& model, const std::string& path) {
  const std::string bytes = TRY(model.bytes());
  WholeFile file = TRY(WholeFile::open(path, true));
  TRY(keep_mode(file.fd(), path));
  TRY(print(file.fd(), bytes));
  return file.commit();
}

/// Where a model is kept.
class ModelHome {
 public:
  virtual ~ModelHome() = default;
  /// not_found: there is none yet.
  virtual Result<BayesModel> model() = 0;
  virtual Result<void> keep(const BayesModel& model) = 0;
};

class ModelFile final : public ModelHome {
 public:
  explicit ModelFile(std::string path) : path_(std::move(path)) {}
  Result<BayesModel> model() override { return BayesModel::open(path_); }
  Result<void> keep(const BayesModel& model) override { return write_model(model, path_); }

 private:
  std::string path_;
};

/// Servers that use it see the new one within a minute.
class ModelOfStore final : public ModelHome {
 public:
  explicit ModelOfStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}

  Result<BayesModel> model() override {
    before_ = TRY(store::version_to_replace(store_->models(), BayesModel::kKeptAs));
    const std::optional<store::Model> kept = TRY(store_->models().get(BayesModel::kKeptAs));
    if (!kept) return fail(Code::not_found, "there is none");
    return BayesModel::parse(kept->bytes);
  }

  Result<void> keep(const BayesModel& model) override {
    const std::string bytes = TRY(model.bytes());
    if (TRY(store::version_to_replace(store_->models(), BayesModel::kKeptAs)) != before_)
      return fail(Code::over_limit,
                  "somebody else has taught the model meanwhile, and it is as he left it: come again");
    TRY(store_->models().put(BayesModel::kKeptAs, bytes));
    return {};
  }

 private:
  std::unique_ptr<store::Store> store_;
  std::uint64_t before_ = 0;
};

/// Prints why there is none, and gives the status.
tl::expected<std::unique_ptr<ModelHome>, int> home_of(const TrainOptions& options, const Globals& globals,
                                                      const Clock& clock) {
  if (!options.to.empty()) return std::make_unique<ModelFile>(options.to);
  const auto loaded = load(globals);
  if (!loaded) return tl::unexpected(loaded.error());
  const auto environment = ConfigSources::from_process(globals.config_file, globals.sets).environment;
  const std::string url = resolve_store_url(loaded->config.store.url, environment);
  if (url.starts_with("memory:"))
    return tl::unexpected(usage_error("filter train", "the store is in the memory of a server: name a file with --to"));
  auto store = store::open_store(store::open_options(loaded->config, url, clock));
  if (store) return std::make_unique<ModelOfStore>(std::move(*store));
  if (report_denied_store(url, false)) return tl::unexpected<int>(exit_no_permission);
  Error error = store.error();
  if (error.code == Code::not_found) error.what += "; a server makes it, or name a file with --to";
  return tl::unexpected(report(error));
}

/// What there is, or an empty one. What is begun anew is looked at all the same, for whoever keeps it.
tl::expected<BayesModel, int> model_of(ModelHome& home, bool anew) {
  auto model = home.model();
  if (model) return anew ? BayesModel() : std::move(*model);
  Error error = model.error();
  const bool unusable = error.code == Code::corrupt || error.code == Code::invalid;
  if (error.code == Code::not_found || (anew && unusable)) return BayesModel();
  if (unusable) error.what += "; --anew begins again";
  report(error);
  return tl::unexpected<int>(unusable ? exit_data : exit_for(error));
}

std::string train_report(const Lessons& lessons, const BayesModel& model) {
  const auto part = [](std::uint64_t learned, std::uint64_t read, const char* what) {
    return with_commas(learned) + " of " + with_commas(read) + " " + what;
  };
  std::string out = "learned from " + part(lessons.learned.spam, lessons.read.spam, "spam") + " and " +
                    part(lessons.learned.ham, lessons.read.ham, "ham") + "; the others were known\n";
  if (lessons.unlabelled > 0) out += with_commas(lessons.unlabelled) + " without a label\n";
  if (lessons.broken > 0) out += with_commas(lessons.broken) + " broken\n";
  return out + "taught until now: " + with_commas(model.seen().spam) + " spam, " + with_commas(model.seen().ham) +
         " ham\n";
}

Json counts_json(const BayesModel::Counts& counts) { return Json{{"spam", counts.spam}, {"ham", counts.ham}}; }

std::string train_json(const Lessons& lessons, const BayesModel& model) {
  Json out;
  out["schema"] = "maildrop.trained/1";
  out["read"] = counts_json(lessons.read);
  out["learned"] = counts_json(lessons.learned);
  out["unlabelled"] = lessons.unlabelled;
  out["broken"] = lessons.broken;
  out["taught"] = counts_json(model.seen());
  return json_line(out);
}

}  // namespace

CLI::App* declare_filter_train(CLI::App& app, std::shared_ptr<TrainOptions>& options) {
  options = std::make_shared<TrainOptions>();
  CLI::App* sub = app.add_subcommand("train", "Teach the filter bayes what is spam, and what is not.");
  sub->footer(std::string(kTrainExamples));
  sub->add_option("--to", options->to,
                  "Teach the model in this file, which is made if it is not there, and not that of the store.")
      ->type_name("FILE");
  declare_reading(*sub, options->reading);
  sub->add_flag("--anew", options->anew, "Forget what the model has learned before.");
  sub->add_flag("-q,--quiet", options->quiet, "No progress and no report: only what went wrong.");
  sub->add_flag("--json", options->json, "Report by one JSON object, schema maildrop.trained/1, also with --quiet.");
  return sub;
}

int run_filter_train(const Globals& globals, TrainOptions& options) {
  if (const int status = prepare_reading(options.reading, globals, "filter train"); status != exit_ok) return status;
  const SystemClock clock;
  const auto home = home_of(options, globals, clock);
  if (!home) return home.error();
  auto model = model_of(**home, options.anew);
  if (!model) return model.error();
  listen_to_signals();
  Lesson lesson(options, *model);
  const bool whole = lesson.run();
  const Lessons& lessons = lesson.lessons();
  ReplayEnd end;
  if (whole && options.reading.manifest) add_unmatched(*options.reading.manifest, end);
  say(STDERR_FILENO, replay_troubles(lessons.troubles, end));
  if (!whole) return exit_interrupted;
  if (lessons.read.spam + lessons.read.ham == 0) {
    const bool broken = lessons.unlabelled == 0 && lessons.broken > 0;
    report({Code::invalid, broken ? "nothing could be read"
                                  : "nothing has a label: see --spam, --ham, --label-by-folder and --manifest"});
    return exit_data;
  }
  if (const Result<void> kept = (*home)->keep(*model); !kept) {
    const int status = report(kept.error());
    return options.to.empty() ? status : exit_cannot_create;
  }
  if (options.quiet && !options.json) return exit_ok;
  const auto text = options.json ? train_json(lessons, *model) : train_report(lessons, *model);
  const Result<void> printed = print(STDOUT_FILENO, text);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

}  // namespace maildrop::cmd
