/// generate.cc: maildrop generate (hidden): prints what is checked in under man/, completions/ and examples/.
#include "generate.h"

#include <map>

#include "api/admin.h"
#include "api/openapi.h"
#include "command.h"
#include "core/settings.h"
#include "core/text.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

struct GenerateOptions {
  std::string what;
  std::vector<std::string> which;
};

CommandText whole_tree() {
  Tree tree;
  build(tree);
  return describe(tree.app);
}

std::optional<std::string> man(const CommandText& root, const std::string& name, const std::string& part) {
  const CommandText* command = name == "maildrop" ? &root : nullptr;
  for (const CommandText& each : root.commands) {
    if (each.path.back() == name) command = &each;
  }
  if (command == nullptr) return std::nullopt;
  if (part == "head") return man_head(*command);
  if (part == "options") return man_options(*command);
  if (part == "commands") return man_commands(*command);
  return part.empty() ? std::optional(man_head(*command) + man_options(*command)) : std::nullopt;
}

std::optional<std::string> completion(const std::string& shell) {
  if (shell == "bash") return bash_completion(whole_tree());
  if (shell == "zsh") return zsh_completion(whole_tree());
  if (shell == "fish") return fish_completion(whole_tree());
  return std::nullopt;
}

std::optional<std::string> generate(const GenerateOptions& options) {
  const auto argument = [&options](std::size_t i) {
    return i < options.which.size() ? options.which[i] : std::string();
  };
  if (options.what == "config") return sample_toml();
  if (options.what == "environment") return sample_environment();
  if (options.what == "settings-man") return settings_man();
  if (options.what == "routes-man") return man_routes(argument(0) == "admin" ? api::admin_routes() : api::routes());
  if (options.what == "openapi") return api::to_text(api::openapi(api::routes())) + "\n";
  if (options.what == "completion") return completion(argument(0));
  if (options.what == "man") return man(whole_tree(), argument(0), argument(1));
  return std::nullopt;
}

int run(const GenerateOptions& options) {
  const auto text = generate(options);
  if (!text)
    return usage_error(
        "generate",
        "config, environment, settings-man, routes-man [admin], openapi, completion bash|zsh|fish, man COMMAND "
        "[head|options|commands]");
  const auto printed = print(1, *text);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

std::function<int()> declare_generate(CLI::App& app, const Globals&) {
  auto options = std::make_shared<GenerateOptions>();
  app.add_option("WHAT", options->what, "config, environment, settings-man, routes-man, openapi, completion or man.")
      ->required();
  app.add_option("WHICH", options->which, "The shell; or the command, and the part of its page.");
  return [options] { return run(*options); };
}

}  // namespace

std::string brief(const std::string& help) {
  const std::size_t end = help.find_first_of(".;:");
  if (end == std::string::npos) return help;
  const bool sentence = end + 1 == help.size() || help[end + 1] == ' ';
  return sentence ? help.substr(0, end) : help.substr(0, end + 1) + brief(help.substr(end + 1));
}

extern const Command generate_command{"generate", "Print manual pages, completions and the sample file.",
                                      declare_generate, true};

}  // namespace maildrop::cmd
