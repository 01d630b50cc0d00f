/// watchdog.cc: maildrop watchdog: serve-smtp and serve-api, or another command, kept up where there is no systemd.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "command.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/setting_rows.h"
#include "core/settings.h"
#include "core/text.h"
#include "daemon_start.h"
#include "service/child.h"
#include "service/listen.h"
#include "service/loops.h"
#include "service/supervisor.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kWatchdogExamples =
    "maildrop watchdog\n"
    "maildrop watchdog --set smtp.listen=:25 --set api.listen=:80\n"
    "maildrop watchdog --listen web=:8080 -- ./server from-systemd";

/// What a daemon needs behind its drain, for 421 to be heard and its store to be closed.
constexpr Millis kBehindDrain{1000};

struct WatchdogOptions {
  std::vector<std::string> listen;  // NAME=ADDRESS
  bool simple = false;
  std::vector<std::string> command;
};

/// A process that we start is the same program as we are, also when another one has been put in its place.
std::string own_binary() {
  const std::string link = "/proc/self/exe";
  std::string path(PATH_MAX, '\0');
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  struct stat named {
  }, running{};
  const bool same = stat(path.c_str(), &named) == 0 && stat(link.c_str(), &running) == 0 &&
                    named.st_dev == running.st_dev && named.st_ino == running.st_ino;
  return same ? path : link;  // by its path it has its name in ps and top
}

/// The programs, and the sockets that they share with us. Whoever connects while one of them is started anew waits in
/// a queue of ours; and from here on nobody else can have the addresses.
class Watchdog {
 public:
  explicit Watchdog(const Globals& globals) : globals_(globals) {}

  /// serve-smtp and serve-api, with the sockets of their settings.
  ///
  /// admin.listen is left to serve-smtp, as two processes cannot have it and serve-api knows least: an operator whose
  /// request is refused knows more than one whose request waits, and loses nothing.
  Result<void> add_servers(const Config& config);
  /// Another command.
  Result<void> add_command(const WatchdogOptions& options);
  int run(const WatchdogSettings& settings);

 private:
  using Sets = std::vector<std::string>;

  service::SupervisedProgram server(const std::string& name) const;
  void add(service::SupervisedProgram program, const Sets& sets);
  Result<void> listen(service::SupervisedProgram& program, const std::string& name,
                      const std::vector<Endpoint>& endpoints, std::size_t loops, unsigned mode);
  Result<void> listen(service::SupervisedProgram& program, Sets& sets, std::string_view key, const std::string& name,
                      const std::vector<Endpoint>& endpoints, const Config& config);
  void tell_what_stays() const;

  const Globals& globals_;
  std::optional<Config> config_;  // of the servers
  std::vector<service::SupervisedProgram> programs_;
  std::vector<service::ListenersByLoop> listeners_;
};

Result<void> Watchdog::listen(service::SupervisedProgram& program, const std::string& name,
                              const std::vector<Endpoint>& endpoints, std::size_t loops, unsigned mode) {
  service::Takeover nobody;
  listeners_.push_back(TRY(open_logged(name, endpoints, loops, mode, nobody)));
  // All of one address, then those of the next: they are dealt out to the loops in turn.
  for (const auto& of_loop : listeners_.back())
    for (const service::Listener& each : of_loop) program.plan.descriptors.emplace_back(each.fd(), name);
  return {};
}

/// The same for a server, which is told to take what we have for it, whatever else its configuration says.
Result<void> Watchdog::listen(service::SupervisedProgram& program, Sets& sets, std::string_view key,
                              const std::string& name, const std::vector<Endpoint>& endpoints, const Config& config) {
  if (endpoints.empty()) return {};
  TRY(listen(program, name, endpoints, service::loop_count(config.service.loops), config.service.socket_mode));
  // `fd:NAME?` of the operator may have come to nothing.
  const bool any =
      std::any_of(listeners_.back().begin(), listeners_.back().end(), [](const auto& each) { return !each.empty(); });
  sets.push_back(std::string(key) + "=fd:" + name + (any ? "" : "?"));
  return {};
}

service::SupervisedProgram Watchdog::server(const std::string& name) const {
  service::SupervisedProgram program;
  program.rules.name = name;
  program.plan.file = own_binary();
  program.plan.arguments = {"maildrop", name};
  program.plan.environment = service::environment_for_children();
  if (!globals_.config_file.empty())
    program.plan.arguments.insert(program.plan.arguments.end(), {"--config", globals_.config_file});
  return program;
}

/// --set of our own behind the operator's: the last one counts.
void Watchdog::add(service::SupervisedProgram program, const Sets& sets) {
  for (const Sets* each : {&globals_.sets, &sets})
    for (const std::string& set : *each) program.plan.arguments.insert(program.plan.arguments.end(), {"--set", set});
  programs_.push_back(std::move(program));
}

Result<void> Watchdog::add_servers(const Config& config) {
  config_ = config;
  if (config.service.takeover) log::warning("setting has no effect here", {{"key", "service.takeover"}});
  const auto drain = [&](std::size_t index) {
    const Millis left = service::Supervision::part_of_stop(config.watchdog.stop_timeout, index, 2) - kBehindDrain;
    const Millis most = std::max(left, rows::kTimeout.least);
    return "service.drain_timeout=" + format_duration(std::min(config.service.drain_timeout, most));
  };
  service::SupervisedProgram smtp = server("serve-smtp");
  Sets smtp_sets{drain(0)};
  TRY(listen(smtp, smtp_sets, "smtp.listen", "smtp", config.smtp.listen, config));
  TRY(listen(smtp, smtp_sets, "smtp.listen_tls", "smtp-tls", config.smtp.listen_tls, config));
  TRY(listen(smtp, smtp_sets, "lmtp.listen", "lmtp", config.lmtp.listen, config));
  add(std::move(smtp), smtp_sets);
  service::SupervisedProgram api = server("serve-api");
  Sets api_sets{drain(1), "admin.listen="};
  TRY(listen(api, api_sets, "api.listen", "api", config.api.listen, config));
  add(std::move(api), api_sets);
  return {};
}

Result<void> Watchdog::add_command(const WatchdogOptions& options) {
  service::SupervisedProgram program;
  const std::string& file = options.command.front();
  program.rules.name = file.substr(file.rfind('/') + 1);
  program.rules.notifies = !options.simple;
  program.rules.may_end = true;
  program.plan.file = file;
  program.plan.arguments = options.command;
  program.plan.environment = service::environment_for_children();
  for (const std::string& each : options.listen) {
    const std::size_t equals = each.find('=');
    const std::string name = each.substr(0, equals);
    if (equals == each.npos || name.empty() || name.find(':') != name.npos)
      return fail(Code::invalid, "--listen: '" + each + "' is not NAME=ADDRESS");
    const Endpoint endpoint = TRY(Endpoint::parse(each.substr(equals + 1)));
    TRY(listen(program, name, {endpoint}, 1, ServiceSettings().socket_mode));
  }
  programs_.push_back(std::move(program));
  return {};
}

/// What the servers cannot see for themselves, since we have told them otherwise.
void Watchdog::tell_what_stays() const {
  if (!config_) return;
  const Result<LoadedConfig> loaded = read_config(globals_);
  if (!loaded) return;  // they tell it
  for (const std::string_view key : {"smtp.listen", "smtp.listen_tls", "lmtp.listen", "api.listen"}) {
    const Setting* setting = find_setting(key);
    if (setting->get(loaded->config) != setting->get(*config_)) log::warning("setting needs a restart", {{"key", key}});
  }
}

int Watchdog::run(const WatchdogSettings& settings) {
  service::forget_inherited();
  const SystemClock clock;
  const service::SupervisorHooks hooks{[this] { tell_what_stays(); }, [this] { listeners_.clear(); }};
  const Result<int> status = service::supervise(std::move(programs_), settings, clock, hooks);
  return status ? *status : report(status.error());
}

int run_watchdog(const Globals& globals, const WatchdogOptions& options) {
  if (options.command.empty() && (options.simple || !options.listen.empty()))
    return usage_error("watchdog", "--simple and --listen are for a COMMAND");
  const tl::expected<LoadedConfig, int> loaded = load(globals);
  if (!loaded) return loaded.error();
  log::open(loaded->config.log);
  Watchdog watchdog(globals);
  const Result<void> made =
      options.command.empty() ? watchdog.add_servers(loaded->config) : watchdog.add_command(options);
  if (made) return watchdog.run(loaded->config.watchdog);
  const int status = report(made.error());
  if (made.error().code != Code::invalid) return status;
  return options.command.empty() ? exit_config : exit_usage;
}

std::function<int()> declare_watchdog(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<WatchdogOptions>();
  app.add_option("COMMAND", options->command,
                 "What to keep up in the place of serve-smtp and serve-api: a program and its arguments, behind `--`.");
  app.add_option("--listen", options->listen,
                 "Listen at ADDRESS, and hand COMMAND the socket under this name (LISTEN_FDNAMES); may be repeated.")
      ->type_name("NAME=ADDRESS")
      ->allow_extra_args(false);
  app.add_flag("--simple", options->simple,
               "COMMAND does not speak sd_notify(3): it is ready when it runs, and whether it hangs is not seen.");
  return [&globals, options] { return run_watchdog(globals, *options); };
}

}  // namespace

extern const Command watchdog_command{"watchdog", "Keep serve-smtp and serve-api up where there is no systemd.",
                                      declare_watchdog, false, kWatchdogExamples};

}  // namespace maildrop::cmd
