/// parse.cc: the command line, and a helpful word when it is wrong.
#include <algorithm>
#include <cstdio>

#include "command.h"
#include "core/text.h"
#include "help.h"

namespace maildrop::cmd {
namespace {

/// The innermost command that was recognised.
const CLI::App& innermost(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.front());
}

std::string hint(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view near = nearest(name, candidates);
  return near.empty() ? "" : "; did you mean '" + std::string(near) + "'?";
}

std::string unknown_option(const std::string& word, const CommandText& command) {
  std::vector<std::string_view> names;
  for (const OptionText& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
  const std::string_view name = std::string_view(word).substr(0, word.find('='));
  return "unknown option '" + std::string(name) + "'" + hint(name, names);
}

std::string unknown_word(const std::string& word, const CommandText& command) {
  if (command.commands.empty()) return "unexpected '" + word + "'";
  std::vector<std::string_view> names;
  for (const CommandText& sub : command.commands) names.push_back(sub.path.back());
  return "unknown command '" + word + "'" + hint(word, names);
}

std::string missing_command(const CommandText& command) {
  std::string names;
  for (const CommandText& sub : command.commands) names += (names.empty() ? "" : ", ") + sub.path.back();
  return "which one? " + names;
}

/// What is wrong with an option's value, or with an option that takes none. CLI11's sentence names it.
std::string value_problem(const CommandText& command, const std::string& sentence) {
  for (const OptionText& option : command.options) {
    const std::string& name = option.names.back();
    const bool named =
        sentence.rfind(name + ":", 0) == 0 || (" " + sentence).find(" " + name + " ") != std::string::npos;
    if (!named) continue;
    if (!option.takes_value()) return name + " takes no value";
    if (sentence.find("missing") != std::string::npos) return name + " needs a value: " + option.value;
    return name + " may be given once";
  }
  return sentence;
}

/// CLI11's own sentences name all left-over words, or what is missing: the first word left over is what was mistyped.
std::string explain(const Tree& tree, const CLI::ParseError& error) {
  const bool incomplete = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const CommandText command = describe(innermost(tree.app));
  const bool value = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr ||
                     dynamic_cast<const CLI::ConversionError*>(&error) != nullptr;
  if (value) return value_problem(command, error.what());
  if (!incomplete && dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return error.what();
  for (const std::string& word : tree.app.remaining(true)) {
    if (word == "--") continue;
    return word.size() > 1 && word.front() == '-' ? unknown_option(word, command) : unknown_word(word, command);
  }
  return command.commands.empty() ? error.what() : missing_command(command);
}

std::string command_path(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "";
  const std::string above = command_path(*app.get_parent());
  return above.empty() ? app.get_name() : above + " " + app.get_name();
}

}  // namespace

std::optional<int> parse(Tree& tree, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    tree.app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    std::fputs(tree.app.help().c_str(), stdout);
    return exit_ok;
  } catch (const CLI::CallForVersion& version) {
    std::printf("%s\n", version.what());
    return exit_ok;
  } catch (const CLI::ParseError& error) {
    return usage_error(command_path(innermost(tree.app)), explain(tree, error));
  }
  if (tree.chosen) return std::nullopt;
  std::fputs(tree.app.help().c_str(), stderr);
  return exit_usage;
}

}  // namespace maildrop::cmd
