/// restore.cc: maildrop restore: what a backup holds, into the store, whatever kind it is.
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "command.h"
#include "core/descriptor.h"
#include "core/text.h"
#include "help.h"
#include "json_line.h"
#include "local_store.h"
#include "progress.h"
#include "store/backup.h"

namespace maildrop::cmd {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view kRestoreExamples =
    "maildrop restore /backup/mail.zst\n"
    "maildrop restore mail.zst -n                 # is it whole, and what is in it?\n"
    "maildrop restore mail.zst --set store.url=redis://127.0.0.1";

struct RestoreOptions {
  std::string file;
  bool merge = false;
  bool renew = false;
  bool dry_run = false;
  bool json = false;
};

using PassedOver = store::Restore::PassedOver;
constexpr struct {
  const char* name;  // in JSON
  std::uint64_t PassedOver::*count;
  const char* told;
} kPassedOver[] = {
    {"known", &PassedOver::known, "there already"},
    {"expired", &PassedOver::expired, "expired since, by inbox.max_age; --renew brings them back, too"},
    {"over_quota", &PassedOver::over_quota, "more than inbox.max_messages or inbox.max_size lets an inbox keep"},
    {"older", &PassedOver::older, "older than what the inbox has"},
    {"unnamed", &PassedOver::unnamed, "of inboxes that this configuration cannot name (inbox.naming)"},
};

/// A backup as it is read, and how far.
class Input {
 public:
  /// The error has what is wrong with FILE itself.
  static Result<Input> open(const std::string& name) {
    Input input;
    if (name != "-") input.file_ = FileDescriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (name != "-" && !input.file_)
      return fail(Code::not_found, "cannot open '" + name + "': " + std::strerror(errno));
    input.name_ = name == "-" ? "standard input" : "'" + name + "'";
    struct stat found {};
    if (::fstat(input.fd(), &found) == 0 && S_ISREG(found.st_mode))
      input.size_ = static_cast<std::uint64_t>(found.st_size);
    return input;
  }

  Result<std::size_t> fill(char* to, std::size_t size) {
    if (!wait_until_ready(fd(), POLLIN)) return fail(Code::unavailable, "interrupted");
    const ssize_t n = ::read(fd(), to, size);
    if (n < 0) return fail(Code::unavailable, std::string("cannot read: ") + std::strerror(errno));
    read_ += static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n);
  }
  const std::string& name() const { return name_; }
  std::uint64_t read() const { return read_; }
  std::uint64_t size() const { return size_; }  // 0: not known

 private:
  int fd() const { return file_ ? file_.get() : STDIN_FILENO; }
  FileDescriptor file_;
  std::string name_;
  std::uint64_t read_ = 0, size_ = 0;
};

/// Of a backup that is only looked at.
struct Contents {
  store::Tally all;
  std::uint64_t models = 0;

  Result<bool> run(store::BackupReader& reader, const store::GoOn& go_on) {
    for (; TRY(reader.next_model()); ++models)
      if (!go_on(all)) return false;
    for (;;) {
      const std::optional<store::SavedMessage> saved = TRY(reader.next());
      if (!saved) return true;
      all.add(saved->inbox, saved->message.summary);
      if (!go_on(all)) return false;
    }
  }
};

int unreadable(const Input& input, const Error& error) {
  report({error.code, input.name() + ": " + error.what});
  return error.code == Code::unavailable ? exit_io : exit_data;
}

class RestoreRun {
 public:
  RestoreRun(const RestoreOptions& options, Input& input, store::BackupReader& reader)
      : options_(options), input_(input), reader_(reader) {}

  int look() {
    Contents contents;
    const Result<bool> ended = contents.run(reader_, going());
    bar_.wipe();
    if (options_.json) {
      Json out = result("maildrop.restored/1", contents.all, contents.models, ended);
      say(STDOUT_FILENO, json_line(out));
    } else {
      say(STDOUT_FILENO, "begun " + rfc3339(reader_.head().begun) + " by maildrop " +
                             terminal_safe(reader_.head().version) + ": " + describe_tally(contents.all) +
                             describe_models(contents.models) + "\n");
    }
    return status(ended, {});
  }

  int restore(store::Restore& restore) {
    const Result<bool> ended = restore.run(reader_, going());
    bar_.wipe();
    if (options_.json) {
      Json out = result("maildrop.restored/1", restore.restored(), restore.models(), ended);
      for (const auto& [name, count, told] : kPassedOver) out[name] = restore.passed_over().*count;
      out["models_kept"] = restore.models_kept();
      say(STDOUT_FILENO, json_line(out));
    } else {
      say(STDOUT_FILENO, "restored " + describe_tally(restore.restored()) + describe_models(restore.models()) +
                             "; in " + format_seconds(begun_) + "\n" + remarks(restore));
    }
    return status(ended, restore.passed_over());
  }

 private:
  store::GoOn going() {
    return [this](const store::Tally&) {
      if (input_.size() > 0) bar_.show(input_.read(), input_.size());
      return !was_interrupted();
    };
  }

  static std::string remarks(const store::Restore& restore) {
    std::string text;
    for (const auto& [name, count, told] : kPassedOver) {
      const std::uint64_t number = restore.passed_over().*count;
      if (number > 0) text += "passed over " + with_commas(number) + ": " + told + "\n";
    }
    if (restore.models_kept() > 0)
      text += "passed over" + describe_models(restore.models_kept()).substr(1) + ": the store has newer ones\n";
    return text;
  }

  Json result(const char* schema, const store::Tally& tally, std::uint64_t models, const Result<bool>& ended) const {
    Json out;
    out["schema"] = schema;
    out["dry_run"] = options_.dry_run;
    out["begun"] = rfc3339(reader_.head().begun);
    out["version"] = valid_utf8(reader_.head().version);
    out["messages"] = tally.messages;
    put_tally(out, tally);
    out["models"] = models;
    out["seconds"] = seconds_since(begun_);
    out["interrupted"] = was_interrupted();
    out["error"] = ended ? Json() : Json(valid_utf8(ended.error().what));
    return out;
  }

  int status(const Result<bool>& ended, const store::Restore::PassedOver& passed_over) const {
    if (was_interrupted() && !(ended && *ended)) {
      say(STDERR_FILENO, options_.dry_run ? "interrupted\n" : "interrupted: --merge goes on\n");
      return exit_interrupted;
    }
    if (!ended) return reader_.failed() ? unreadable(input_, ended.error()) : report(ended.error());
    return passed_over.unnamed > 0 ? exit_no_name : exit_ok;
  }

  const RestoreOptions& options_;
  Input& input_;
  store::BackupReader& reader_;
  Bar bar_;
  const Steady::time_point begun_ = Steady::now();
};

/// What root makes in the folder of the user that the daemon runs as, the daemon could not open.
std::optional<int> foreign_owner(const LoadedConfig& loaded, const Globals& globals) {
  const auto sources = ConfigSources::from_process(globals.config_file, globals.sets);
  const std::string url = resolve_store_url(loaded.config.store.url, sources.environment);
  const std::string path = url.starts_with("sqlite:") ? url.substr(url.find(':') + 1) : "";
  const std::string folder = std::filesystem::path(path).parent_path();
  struct stat found {};
  if (path.empty() || ::geteuid() != 0 || ::stat(folder.empty() ? "." : folder.c_str(), &found) != 0)
    return std::nullopt;
  if (found.st_uid == 0) return std::nullopt;
  const passwd* owner = ::getpwuid(found.st_uid);
  const std::string name = owner != nullptr ? owner->pw_name : std::to_string(found.st_uid);
  report({Code::unavailable, "'" + folder + "' is " + name +
                                 "'s, who could not open what root makes there: run this as " + name + ", runuser -u " +
                                 name + " -- maildrop restore"});
  return exit_no_permission;
}

/// Whether restoring may begin.
std::optional<int> objection(const RestoreOptions& options, const std::string& url, store::Store& store) {
  const Result<store::StoreStats> stats =
      store::patiently([&] { return store.stats(); }, [] { return !was_interrupted(); });
  if (!stats) return report(stats.error());
  if (stats->messages == 0 || options.merge) return std::nullopt;
  report({Code::invalid, "the store '" + url + "' has " + plural(stats->messages, "message", "messages") +
                             " already: --merge adds to them"});
  return exit_cannot_create;
}

int run(const RestoreOptions& options, const Globals& globals) {
  if (options.dry_run && (options.merge || options.renew))
    return usage_error("restore", "-n only looks at the file: --merge and --renew are about the store");
  listen_to_signals();
  auto input = Input::open(options.file);
  if (!input) {
    report(input.error());
    return exit_no_input;
  }
  auto reader = store::BackupReader::open([&](char* to, std::size_t size) { return input->fill(to, size); });
  if (!reader) return unreadable(*input, reader.error());
  RestoreRun run(options, *input, *reader);
  if (options.dry_run) return run.look();

  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  if (const auto status = foreign_owner(*loaded, globals)) return *status;
  const SystemClock clock;
  const auto local = open_local_store(*loaded, globals, clock, store::Role::writer);
  if (!local) return local.error();
  if (const auto status = objection(options, local->options.url, *local->store)) return *status;
  const Config& config = loaded->config;
  store::Restore restore(*local->store, clock,
                         {config.inbox, static_cast<int>(config.store.compression), options.renew});
  return run.restore(restore);
}

std::function<int()> declare_restore(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<RestoreOptions>();
  app.add_option("FILE", o->file, "What maildrop backup wrote, or - for standard input.")->required();
  app.add_flag("--merge", o->merge, "Add to the mail that the store has already.");
  app.add_flag("--renew", o->renew, "Let the age of all of it begin anew, and bring back what has expired since.");
  app.add_flag("-n,--dry-run", o->dry_run, "Read all of FILE, say what is in it, and leave the store alone.");
  app.add_flag("--json", o->json, "Write one JSON object, schema maildrop.restored/1.");
  return [o, &globals] { return run(*o, globals); };
}

}  // namespace

extern const Command restore_command{"restore", "Bring the mail of a backup back into the store.", declare_restore,
                                     false, kRestoreExamples};

}  // namespace maildrop::cmd
