/// purge_run.cc: counts, asks, removes, tells.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "command.h"
#include "core/text.h"
#include "json_line.h"
#include "purge.h"

namespace maildrop::cmd {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBarEvery{100};
constexpr int kLookUp = 100;  // milliseconds
constexpr std::size_t kWidestBar = 40;

volatile std::sig_atomic_t interrupted = 0;

/// From now on they end the work where it may end, and a question.
void listen_to_signals() {
  interrupted = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };  // no SA_RESTART: who waits for an answer hears of it
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);
  }
}

std::string plural(std::uint64_t number, const std::string& one, const std::string& many) {
  return with_commas(number) + " " + (number == 1 ? one : many);
}

void say(int fd, std::string_view text) {
  [[maybe_unused]] const auto told = print(fd, text);  // the work is what counts
}

/// The answer to a question; empty at the end of input, or when interrupted.
std::string read_line() {
  std::string line;
  char c = 0;
  while (interrupted == 0) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, kLookUp) <= 0) continue;  // a signal just before it would not end it
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || c == '\n' || line.size() > 100) return line;
    line.push_back(c);
  }
  return line;
}

}  // namespace

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string describe_tally(const store::Tally& tally) {
  std::string text = plural(tally.messages, "message", "messages");
  if (tally.messages == 0) return text;
  text += " in " + plural(tally.inboxes, "inbox", "inboxes") + ", " + format_size_short(tally.bytes);
  return text + ", the oldest of " + rfc3339(tally.oldest) + ", the newest of " + rfc3339(tally.newest);
}

std::string progress_bar(std::uint64_t done, std::uint64_t of, std::size_t width) {
  done = std::min(done, of);
  const std::uint64_t percent = of == 0 ? 100 : done * 100 / of;
  const std::string number = std::to_string(percent);
  const std::string text =
      std::string(5 - number.size(), ' ') + number + "%  " + with_commas(done) + " of " + with_commas(of);
  if (text.size() + 12 > width) return text.substr(0, width);
  const std::size_t cells = std::min(width - text.size() - 2, kWidestBar);
  const std::size_t full = of == 0 ? cells : static_cast<std::size_t>(done * cells / of);
  return "[" + std::string(full, '#') + std::string(cells - full, '-') + "]" + text;
}

PurgeRun::PurgeRun(const PurgeOptions& options, std::vector<std::string> names, store::Store& store, const Clock& clock)
    : options_(options),
      names_(std::move(names)),
      store_(store),
      clock_(clock),
      bar_(screen_of(STDERR_FILENO, "never")) {}

bool PurgeRun::may_ask() const { return bar_.terminal && ::isatty(STDIN_FILENO) == 1; }

int PurgeRun::main() {
  const auto choice = Choice::make(options_, clock_.now());
  if (!choice) return usage_error("purge", choice.error().what);
  if (!options_.dry_run && !options_.yes && !may_ask())
    return usage_error("purge", "there is no terminal to ask on: --yes removes without a question, -n only counts");
  listen_to_signals();
  store::BulkPurge purge(store_, clock_, names_, *choice);
  const Result<bool> ended = run(purge);
  wipe_bar();
  return print_result(purge, ended);
}

/// false: interrupted, or told not to.
Result<bool> PurgeRun::run(store::BulkPurge& purge) {
  if (!TRY(purge.count([](const store::Tally&) { return interrupted == 0; }))) return false;
  const store::Tally counted = purge.counted();
  if (!options_.json) TRY(print(STDOUT_FILENO, describe_tally(counted) + "\n"));
  if (options_.dry_run || counted.messages == 0) return true;
  if (!options_.yes) {
    if (options_.json) say(bar_.fd, describe_tally(counted) + "\n");
    refused_ = !agreed();
    if (refused_) return false;
  }
  const Result<bool> ended = purge.remove([&](const store::Tally& removed) {
    show(removed, counted.messages);
    return interrupted == 0;
  });
  // What was removed before a failure must not stay readable, either.
  if (purge.removed().messages > 0) wal_truncated_ = purge.scrub();
  return ended;
}

bool PurgeRun::agreed() const {
  say(bar_.fd, "Remove them? [y/N] ");
  const std::string answer = to_lower(trim(read_line()));
  if (interrupted != 0) say(bar_.fd, "\n");
  return interrupted == 0 && (answer == "y" || answer == "yes");
}

void PurgeRun::show(const store::Tally& removed, std::uint64_t of) {
  if (!bar_.terminal || (Steady::now() < next_bar_ && removed.messages < of)) return;
  next_bar_ = Steady::now() + kBarEvery;
  bar_shown_ = true;
  say(bar_.fd, "\r" + progress_bar(removed.messages, of, std::max<std::size_t>(bar_.width, 2) - 1) + "\x1b[K");
}

void PurgeRun::wipe_bar() {
  if (std::exchange(bar_shown_, false)) say(bar_.fd, "\r\x1b[K");
}

int PurgeRun::print_result(const store::BulkPurge& purge, const Result<bool>& ended) {
  const store::Tally &counted = purge.counted(), &removed = purge.removed();
  const bool stopped = ended && !*ended && interrupted != 0;
  const double seconds = std::chrono::duration<double>(Steady::now() - begun_).count();
  if (options_.json) {
    const store::Tally& told = options_.dry_run ? counted : removed;
    Json out;
    out["schema"] = "maildrop.purged/1";
    out["dry_run"] = options_.dry_run;
    out["counted"] = counted.messages;
    out["removed"] = removed.messages;
    out["inboxes"] = told.inboxes;
    out["bytes"] = told.bytes;
    out["oldest"] = told.messages == 0 ? Json() : Json(rfc3339(told.oldest));
    out["newest"] = told.messages == 0 ? Json() : Json(rfc3339(told.newest));
    out["seconds"] = std::max(0.001, static_cast<double>(static_cast<std::int64_t>(seconds * 1000)) / 1000);
    out["interrupted"] = stopped;
    out["wal_truncated"] = wal_truncated_ ? Json(*wal_truncated_) : Json();
    out["error"] = ended ? Json() : Json(valid_utf8(ended.error().what));
    if (const auto printed = print(STDOUT_FILENO, json_line(out)); !printed) {
      report(printed.error());
      return exit_io;
    }
  } else if (removed.messages > 0 || stopped || !ended) {
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "%.1f s", seconds);
    say(STDOUT_FILENO, "removed " + with_commas(removed.messages) + " of " + with_commas(counted.messages) +
                           " messages, " + format_size_short(removed.bytes) + ", in " + time.data() + "\n");
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
