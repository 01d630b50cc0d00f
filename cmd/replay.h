/// replay.h: the parts of `maildrop replay`: where to, the run, and what is told of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "replay/player.h"
#include "replay/sources.h"
#include "terminal.h"

namespace maildrop::cmd {

struct ReplayOptions {
  std::vector<std::string> sources;
  std::string to;  // as typed
  replay::SourceOptions reading;
  bool allow_remote = false;
  bool json = false;
  bool quiet = false;
  replay::PlayOptions play;
};

/// Where `HOST:PORT` or `unix:PATH` leads: all addresses of a name. A name other than localhost, and what is not on
/// this machine, only with `allow_remote`.
///   invalid      it is no such text, or not allowed
///   unavailable  the name has no address
Result<std::vector<Endpoint>> replay_target(const std::string& text, bool allow_remote);
bool is_remote(const Endpoint& endpoint);

/// All paths as one source, each opened when it is its turn; one that cannot be is an error of it.
std::unique_ptr<replay::Source> open_paths(std::vector<std::string> paths, const replay::SourceOptions& options);

/// How a run ended, besides its numbers.
struct ReplayEnd {
  double seconds = 0;
  bool interrupted = false;
  bool server_gone = false;
  std::optional<Error> error;
};

int replay_status(const replay::Tally& tally, const ReplayEnd& end);
std::string replay_progress(const replay::Tally& tally, double seconds);
std::string replay_report(const replay::Tally& tally, const ReplayEnd& end, const std::string& to);
std::string replay_json(const replay::Tally& tally, const ReplayEnd& end, const std::string& to);
/// A line for each that was not taken, safe for a terminal; empty: all were.
std::string replay_troubles(const replay::Tally& tally);

/// Gives the exit status; what it prints is for `options`.
class ReplayRun {
 public:
  explicit ReplayRun(const ReplayOptions& options);
  int main();

 private:
  bool show(const replay::Tally& tally);
  int tell(const replay::Tally& tally, const ReplayEnd& end) const;

  const ReplayOptions& options_;
  const Screen bar_;
  const Monotonic begun_ = std::chrono::steady_clock::now();
  bool bar_shown_ = false;
};

}  // namespace maildrop::cmd
