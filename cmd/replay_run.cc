/// replay_run.cc: sends, shows how far it is, tells what came of it.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "command.h"
#include "core/text.h"
#include "progress.h"
#include "replay.h"

namespace maildrop::cmd {

ReplayRun::ReplayRun(const ReplayOptions& options) : options_(options), bar_(screen_of(STDERR_FILENO, "never")) {}

int ReplayRun::main() {
  listen_to_signals();
  replay::Player player(options_.play, [this, &player]() -> Result<std::unique_ptr<replay::Source>> {
    replay::SourceOptions reading = options_.reading;
    reading.give_up = [&player] { return was_interrupted() || player.server_gone(); };
    return replay::open_all(options_.given, reading, {options_.by_folder, options_.manifest.get()});
  });
  const auto done = player.run([this](const replay::Tally& tally) { return show(tally); });
  return tell(player.tally(), end_of(player, done));
}

ReplayEnd ReplayRun::end_of(const replay::Player& player, const Result<void>& done) const {
  ReplayEnd end;
  end.seconds = seconds_since(begun_);
  end.interrupted = was_interrupted();
  end.server_gone = player.server_gone();
  if (!done) end.error = done.error();
  const bool whole = done && !end.interrupted && !end.server_gone && options_.play.limit == 0;
  if (whole && options_.manifest) add_unmatched(*options_.manifest, end);
  return end;
}

void add_unmatched(const replay::Manifest& manifest, ReplayEnd& end) {
  constexpr std::size_t kNamed = 20;  // a screen; the rest is counted
  end.unmatched = manifest.unused();
  end.unmatched_names = manifest.unused_names(kNamed);
}

/// false: interrupted.
bool ReplayRun::show(const replay::Tally& tally) {
  if (!bar_.terminal || options_.quiet) return !was_interrupted();
  bar_shown_ = true;
  const std::string line =
      cut_to_width(replay_progress(tally, seconds_since(begun_)), std::max<std::size_t>(bar_.width, 2) - 1);
  say(bar_.fd, "\r" + line + "\x1b[K");
  return !was_interrupted();
}

int ReplayRun::tell(const replay::Tally& tally, const ReplayEnd& end) const {
  std::string on_stderr = bar_shown_ ? "\r\x1b[K" : "";
  on_stderr += replay_troubles(tally, end);
  if (end.server_gone) on_stderr += "maildrop: nobody answers at " + terminal_safe(options_.to) + ": gave up\n";
  say(STDERR_FILENO, on_stderr);
  if (end.error) report(*end.error);
  if (options_.quiet && !options_.json) return replay_status(tally, end);
  const auto printed = print(
      STDOUT_FILENO, options_.json ? replay_json(tally, end, options_.to) : replay_report(tally, end, options_.to));
  if (printed) return replay_status(tally, end);
  report(printed.error());
  return exit_io;
}

}  // namespace maildrop::cmd
