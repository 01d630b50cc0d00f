/// replay.h: the parts of `maildrop replay`: where to, the run, and what is told of it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "core/result.h"
#include "filter/chain.h"
#include "replay/given.h"
#include "replay/outcome.h"
#include "replay/player.h"
#include "replay/report_tuning.h"
#include "terminal.h"

namespace maildrop::cmd {

struct ReplayOptions {
  std::vector<std::string> sources, spam, ham;  // as typed, as are these:
  std::vector<std::string> inboxes, trusted;
  std::string manifest_file;
  std::string to;
  bool by_folder = false;
  std::vector<replay::Given> given;  // all sources
  replay::SourceOptions reading;
  std::shared_ptr<replay::Manifest> manifest;  // none: no file was named
  bool allow_remote = false;
  bool json = false;
  bool quiet = false;
  replay::PlayOptions play;
  // Without `to`:
  std::string facts, record, output, compare, save;  // files
  std::string max_regress;                           // as typed; empty: nothing is too much
  std::string form = "text";                         // a ReportKind
  bool ask_dns = false;
  bool in_order = false;
  bool timing = false;
  bool tune = false;
  std::string max_false_positives;  // as typed; empty: what is right for the threshold
};

/// Where `HOST:PORT` or `unix:PATH` leads: all addresses of a name. A name other than localhost, and what is not on
/// this machine, only with `allow_remote`.
///   invalid      it is no such text, or not allowed
///   unavailable  the name has no address
Result<std::vector<Endpoint>> replay_target(const std::string& text, bool allow_remote);
bool is_remote(const Endpoint& endpoint);

void declare_reading(CLI::App& app, ReplayOptions& options);
/// Makes `given`, `reading` and `manifest` of what was typed. 0, or the status, when it has printed what is wrong.
int prepare_reading(ReplayOptions& options, const Globals& globals, const char* command = "replay");

/// What is for runs without --to.
void declare_judging(CLI::App& app, ReplayOptions& options);
/// Such a run; the status. REQUIRES: prepare_reading().
int judge_recorded(const ReplayOptions& options, const Globals& globals);

/// Into --output, or printed. 0, or the status, when it has printed what is wrong.
int write_replay_report(const ReplayOptions& options, const std::string& text);

void declare_tuning(CLI::App& app, ReplayOptions& options);

/// What a run with --tune gathers, and makes of it.
class ReplayTuning {
 public:
  /// Prints why there can be none, and gives the status. `options` outlives it.
  static tl::expected<std::unique_ptr<ReplayTuning>, int> make(const ReplayOptions& options, const LoadedConfig& loaded,
                                                               const filter::Chain& chain);
  ReplayTuning(const ReplayOptions& options, replay::Examples examples, replay::TuningOptions how);

  /// Errors as Examples::add().
  Result<void> add(const replay::Outcome& outcome, const replay::Likeness& likeness);
  /// All have come: fits, and tells. The status.
  int finish();

 private:
  Result<replay::Tuning> fit();
  bool show(unsigned done, unsigned of);

  const ReplayOptions& options_;
  const replay::TuningOptions how_;
  replay::Examples examples_;
  std::vector<replay::Tunable> filters_;
  replay::TuningReport report_;
  const Screen bar_;
  bool bar_shown_ = false;
};

/// How a run ended, besides its numbers.
struct ReplayEnd {
  double seconds = 0;
  bool interrupted = false;
  bool server_gone = false;
  std::optional<Error> error;
  std::size_t unmatched = 0;                 // names in the manifest that no message had, where all were read
  std::vector<std::string> unmatched_names;  // the first of them
};

/// Of a manifest all of whose messages have been read.
void add_unmatched(const replay::Manifest& manifest, ReplayEnd& end);

int replay_status(const replay::Tally& tally, const ReplayEnd& end);
std::string replay_progress(const replay::Tally& tally, double seconds);
std::string replay_report(const replay::Tally& tally, const ReplayEnd& end, const std::string& to);
std::string replay_json(const replay::Tally& tally, const ReplayEnd& end, const std::string& to);
/// A line for each that was not taken, safe for a terminal, and for names in the manifest that nothing had; empty:
/// there is nothing to tell.
std::string replay_troubles(const replay::Tally& tally, const ReplayEnd& end);

/// Gives the exit status; what it prints is for `options`.
class ReplayRun {
 public:
  explicit ReplayRun(const ReplayOptions& options);
  int main();

 private:
  bool show(const replay::Tally& tally);
  ReplayEnd end_of(const replay::Player& player, const Result<void>& done) const;
  int tell(const replay::Tally& tally, const ReplayEnd& end) const;

  const ReplayOptions& options_;
  const Screen bar_;
  const Monotonic begun_ = std::chrono::steady_clock::now();
  bool bar_shown_ = false;
};

}  // namespace maildrop::cmd
