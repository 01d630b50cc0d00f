/// command.h: one subcommand of maildrop.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/result.h"

namespace maildrop::cmd {

/// sysexits(3) and the few that others use for the same.
enum Exit : int {
  exit_ok = 0,
  exit_nothing = 1,  // nothing found
  exit_regress = 2,  // it is worse than before
  exit_usage = 64,
  exit_data = 65,
  exit_no_input = 66,
  exit_no_name = 67,  // an inbox name that is illegal
  exit_unavailable = 69,
  exit_internal = 70,
  exit_os = 71,
  exit_cannot_create = 73,
  exit_io = 74,
  exit_try_again = 75,
  exit_no_permission = 77,
  exit_config = 78,
  exit_timed_out = 124,
  exit_interrupted = 130,
};

/// The status for an error that a library returned.
int exit_for(const Error& error);
/// Prints `maildrop: WHAT` on stderr, terminal-safe, each line of it, and returns the status.
int report(const Error& error);
/// The same for a command line that makes no sense: 64, with a hint at the help of `command` (`inbox`, `config show`).
int usage_error(std::string_view command, std::string_view what);

/// What every subcommand can be given.
struct Globals {
  std::string config_file;        // --config
  std::vector<std::string> sets;  // --set KEY=VALUE
};

/// The configuration, checked by the modules that will use it too, and by `check_all` if there is one.
Result<LoadedConfig> read_config(const Globals& globals, const ConfigCheck& check_all = {});
/// Another configuration, to be tried beside the one in force: its file alone (and what conf.d beside that has). The
/// environment and --set are for the one in force.
Result<LoadedConfig> read_candidate(const std::string& path);
/// As read_config(); on failure prints every problem and gives the status: 78, 66 for a missing file, 77 for one that
/// permissions keep from us.
tl::expected<LoadedConfig, int> load(const Globals& globals, const ConfigCheck& check_all = {});

/// For a store that could not be opened: prints what permissions keep from us, its file or a folder on the way, and
/// gives true; false when they keep nothing. `making`: one that was not there would have been made.
bool report_denied_store(const std::string& url, bool writing, bool making = false);

/// `declare` adds options to `app` and gives what to run; the returned function's value is the exit status. Option
/// storage lives in the closure (a shared_ptr to a struct of options).
struct Command {
  std::string_view name;
  std::string_view summary;
  std::function<int()> (*declare)(CLI::App& app, const Globals& globals);
  bool hidden = false;
  std::string_view examples = {};  // three lines, `maildrop inbox bob` and the like: the help begins with them
};

/// The whole tree, as main() and the generators (completions, manual) see it.
struct Tree {
  CLI::App app;
  Globals globals;
  std::function<int()> chosen;
};
void build(Tree& tree);
/// Reads the arguments (without the program's name) into the tree. Nothing: run `tree.chosen`. Otherwise the status:
/// help and version were printed, or what is wrong, with the nearest name for a mistyped one.
std::optional<int> parse(Tree& tree, std::vector<std::string> arguments);

}  // namespace maildrop::cmd
