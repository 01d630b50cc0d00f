/// purge_run.cc: counts, asks, removes, tells.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "command.h"
#include "core/text.h"
#include "json_line.h"
#include "progress.h"
#include "purge.h"

namespace maildrop::cmd {
namespace {

/// The answer to a question; empty at the end of input, or when interrupted.
std::string read_line() {
  std::string line;
  char c = 0;
  while (wait_until_ready(STDIN_FILENO, POLLIN)) {
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || c == '\n' || line.size() > 100) return line;
    line.push_back(c);
  }
  return line;
}

}  // namespace

PurgeRun::PurgeRun(const PurgeOptions& options, std::vector<std::string> names, store::Store& store, const Clock& clock)
    : options_(options), names_(std::move(names)), store_(store), clock_(clock) {}

bool PurgeRun::may_ask() const { return bar_.on_terminal() && ::isatty(STDIN_FILENO) == 1; }

int PurgeRun::main() {
  const auto choice = store::Choice::make(options_, clock_.now());
  if (!choice) return usage_error("purge", choice.error().what);
  if (!options_.dry_run && !options_.yes && !may_ask())
    return usage_error("purge", "there is no terminal to ask on: --yes removes without a question, -n only counts");
  listen_to_signals();
  store::BulkPurge purge(store_, clock_, names_, *choice);
  const Result<bool> ended = run(purge);
  bar_.wipe();
  return print_result(purge, ended);
}

/// false: interrupted, or told not to.
Result<bool> PurgeRun::run(store::BulkPurge& purge) {
  if (!TRY(purge.count([](const store::Tally&) { return !was_interrupted(); }))) return false;
  const store::Tally counted = purge.counted();
  if (!options_.json) TRY(print(STDOUT_FILENO, describe_tally(counted) + "\n"));
  if (options_.dry_run || counted.messages == 0) return true;
  if (!options_.yes) {
    if (options_.json) say(bar_.fd(), describe_tally(counted) + "\n");
    refused_ = !agreed();
    if (refused_) return false;
  }
  const Result<bool> ended = purge.remove([&](const store::Tally& removed) {
    bar_.show(removed.messages, counted.messages);
    return !was_interrupted();
  });
  // What was removed before a failure must not stay readable, either.
  if (purge.removed().messages > 0) wal_truncated_ = purge.scrub();
  return ended;
}

bool PurgeRun::agreed() const {
  say(bar_.fd(), "Remove them? [y/N] ");
  const std::string answer = to_lower(trim(read_line()));
  if (was_interrupted()) say(bar_.fd(), "\n");
  return !was_interrupted() && (answer == "y" || answer == "yes");
}

int PurgeRun::print_result(const store::BulkPurge& purge, const Result<bool>& ended) {
  const store::Tally &counted = purge.counted(), &removed = purge.removed();
  const bool stopped = ended && !*ended && was_interrupted();
  if (options_.json) {
    const store::Tally& told = options_.dry_run ? counted : removed;
    Json out;
    out["schema"] = "maildrop.purged/1";
    out["dry_run"] = options_.dry_run;
    out["counted"] = counted.messages;
    out["removed"] = removed.messages;
    put_tally(out, told);
    out["seconds"] = seconds_since(begun_);
    out["interrupted"] = stopped;
    out["wal_truncated"] = wal_truncated_ ? Json(*wal_truncated_) : Json();
    out["error"] = ended ? Json() : Json(valid_utf8(ended.error().what));
    if (const auto printed = print(STDOUT_FILENO, json_line(out)); !printed) {
      report(printed.error());
      return exit_io;
    }
  } else if (removed.messages > 0 || stopped || !ended) {
    say(STDOUT_FILENO, "removed " + with_commas(removed.messages) + " of " + with_commas(counted.messages) +
                           " messages, " + format_size_short(removed.bytes) + ", in " + format_seconds(begun_) + "\n");
  }
  if (wal_truncated_ == false)
    report({Code::unavailable,
            "somebody who reads holds on to the write-ahead log: what was removed is in it until "
            "he has ended, and maildrop serve has emptied it"});
  if (!ended) return report(ended.error());
  if (stopped) return exit_interrupted;
  return refused_ ? exit_nothing : exit_ok;
}

}  // namespace maildrop::cmd
