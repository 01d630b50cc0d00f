/// backup.cc: maildrop backup: all mail of the store into one file, while it is in use.
#include "store/backup.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "command.h"
#include "core/text.h"
#include "help.h"
#include "json_line.h"
#include "local_store.h"
#include "progress.h"
#include "whole_file.h"

namespace maildrop::cmd {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view kBackupExamples =
    "maildrop backup /backup/mail.zst\n"
    "maildrop backup --force mail.zst             # in place of the last one\n"
    "maildrop backup - | ssh host 'cat >new.zst'";

struct BackupOptions {
  std::string file;
  bool force = false;
  bool json = false;

  bool to_stdout() const { return file == "-"; }
};

/// Whoever reads a pipe may hang: no write is longer than what there is room for, and a signal ends the wait.
Result<void> write_backup(int fd, std::string_view bytes, bool may_hang) {
  const std::size_t most = may_hang ? PIPE_BUF : bytes.size();
  while (!bytes.empty()) {
    if (may_hang && !wait_until_ready(fd, POLLOUT)) return fail(Code::unavailable, "interrupted");
    const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), most));
    if (n < 0 && errno != EINTR)
      return fail(Code::unavailable, std::string("cannot write the backup: ") + std::strerror(errno));
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

class BackupRun {
 public:
  BackupRun(const BackupOptions& options, store::Store& store, const Clock& clock)
      : options_(options), store_(store), clock_(clock), backup_(store) {}

  int main() {
    listen_to_signals();
    if (options_.to_stdout()) return finish(write_to(STDOUT_FILENO));
    auto file = WholeFile::open(options_.file, options_.force);
    if (!file) {
      report(file.error());
      return exit_cannot_create;
    }
    Result<bool> ended = write_to(file->fd());
    if (ended && *ended) {
      if (const Result<void> whole = file->commit(); !whole) {
        ended = tl::unexpected(whole.error());
        failure_ = whole.error().code == Code::invalid ? exit_cannot_create : exit_io;
      }
    }
    return finish(ended);
  }

 private:
  Result<bool> write_to(int fd) {
    const std::uint64_t all = TRY(store_.stats()).messages;
    const auto sink = [&](std::string_view bytes) {
      const Result<void> written = write_backup(fd, bytes, options_.to_stdout());
      if (!written) failure_ = exit_io;
      written_ += bytes.size();
      return written;
    };
    return backup_.run(sink, {MAILDROP_VERSION, clock_.now()}, [&](const store::Tally& saved) {
      bar_.show(saved.messages, std::max(all, saved.messages));
      return !was_interrupted();
    });
  }

  int finish(const Result<bool>& ended) {
    bar_.wipe();
    const bool stopped = !(ended && *ended) && was_interrupted();
    const int tell = options_.to_stdout() ? STDERR_FILENO : STDOUT_FILENO;
    if (options_.json) {
      say(tell, json_line(result(ended)));
    } else if (ended && *ended) {
      say(tell, describe_tally(backup_.saved()) + describe_models(backup_.models()) + "; " +
                    format_size_short(written_) + " written in " + format_seconds(begun_) + "\n");
    } else if (stopped) {
      say(STDERR_FILENO, "interrupted: there is no backup\n");
    }
    if (stopped) return exit_interrupted;
    if (ended) return tell_damage();
    const int status = report(ended.error());
    return failure_.value_or(status);
  }

  int tell_damage() const {
    for (const std::string& each : backup_.damage()) report({Code::corrupt, "not in the backup: " + each});
    const std::uint64_t more = backup_.damaged() - backup_.damage().size();
    if (more > 0) report({Code::corrupt, "not in the backup: " + with_commas(more) + " more"});
    return backup_.damaged() > 0 ? exit_io : exit_ok;
  }

  Json result(const Result<bool>& ended) const {
    Json out;
    out["schema"] = "maildrop.saved/1";
    out["file"] = options_.to_stdout() ? Json() : Json(valid_utf8(options_.file));
    out["messages"] = backup_.saved().messages;
    put_tally(out, backup_.saved());
    out["models"] = backup_.models();
    out["damaged"] = backup_.damaged();
    out["written"] = written_;
    out["seconds"] = seconds_since(begun_);
    out["interrupted"] = was_interrupted();
    out["error"] = ended ? Json() : Json(valid_utf8(ended.error().what));
    return out;
  }

  const BackupOptions& options_;
  store::Store& store_;
  const Clock& clock_;
  store::Backup backup_;
  Bar bar_;
  const Steady::time_point begun_ = Steady::now();
  std::uint64_t written_ = 0;
  std::optional<int> failure_;  // of the file
};

int run(const BackupOptions& options, const Globals& globals) {
  if (options.to_stdout() && ::isatty(STDOUT_FILENO) == 1)
    return usage_error("backup", "a backup is no text for a terminal: give a file, or a pipe");
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const SystemClock clock;
  const auto local = open_local_store(*loaded, globals, clock);
  return local ? BackupRun(options, *local->store, clock).main() : local.error();
}

std::function<int()> declare_backup(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<BackupOptions>();
  app.add_option("FILE", o->file, "Where to: a new file of mode 0600, or - for standard output.")->required();
  app.add_flag("--force", o->force, "Replace FILE if it exists.");
  app.add_flag("--json", o->json, "Write one JSON object, schema maildrop.saved/1.");
  return [o, &globals] { return run(*o, globals); };
}

}  // namespace

extern const Command backup_command{"backup", "Save all mail of the store in one file, while it is in use.",
                                    declare_backup, false, kBackupExamples};

}  // namespace maildrop::cmd
