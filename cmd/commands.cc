/// commands.cc: the table of subcommands, in the order of the help. A new one is a file and a line here.
#include <memory>

#include "command.h"
#include "help.h"

#define MAILDROP_COMMANDS(X) \
  X(serve_command)           \
  X(serve_smtp_command)      \
  X(serve_api_command)       \
  X(watchdog_command)        \
  X(inbox_command)           \
  X(alias_command)           \
  X(purge_command)           \
  X(replay_command)          \
  X(backup_command)          \
  X(restore_command)         \
  X(config_command)          \
  X(doctor_command)          \
  X(canary_command)          \
  X(dns_command)             \
  X(explain_command)         \
  X(filter_command)          \
  X(report_command)          \
  X(stats_command)           \
  X(session_command)         \
  X(version_command)         \
  X(generate_command)

namespace maildrop::cmd {

#define X(command) extern const Command command;
MAILDROP_COMMANDS(X)
#undef X

namespace {

#define X(command) &command,
constexpr const Command* kCommands[] = {MAILDROP_COMMANDS(X)};
#undef X

constexpr std::string_view kRootExamples =
    "maildrop serve\n"
    "maildrop inbox bob\n"
    "maildrop inbox bob latest";

void add_globals(Tree& tree) {
  CLI::App& app = tree.app;
  app.set_help_flag("-h,--help", "Print this help and end.");
  app.set_version_flag(
      "--version", [] { return "maildrop " MAILDROP_VERSION; }, "Print the version and end.");
  app.add_option("--config", tree.globals.config_file,
                 "Read settings from this file instead of /etc/maildrop/maildrop.toml. MAILDROP_CONFIG does the same.")
      ->type_name("FILE");
  app.add_option("--set", tree.globals.sets,
                 "Set one setting, before environment and files; may be repeated: --set inbox.max_age=1h.")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add(Tree& tree, const Command& command) {
  CLI::App* sub = tree.app.add_subcommand(std::string(command.name), std::string(command.summary));
  sub->footer(std::string(command.examples));
  if (command.hidden) sub->group("");
  auto run = command.declare(*sub, tree.globals);
  sub->callback([&tree, run] { tree.chosen = run; });
}

}  // namespace

void build(Tree& tree) {
  CLI::App& app = tree.app;
  app.name("maildrop");
  app.description("Receives mail for inboxes that need no account, and shows it.");
  app.footer(std::string(kRootExamples));
  app.formatter(std::make_shared<HelpFormatter>());  // subcommands inherit it, and what follows
  app.fallthrough();                                 // global options are read before and after the subcommand
  add_globals(tree);
  for (const Command* command : kCommands) add(tree, *command);
  app.require_subcommand(0, 1);  // one at most: then `maildrop inbox config` is an inbox called config
}

}  // namespace maildrop::cmd
