/// generate_zsh.cc: the completion script for zsh: a function of _arguments for each command.
#include <algorithm>

#include "generate.h"

namespace maildrop::cmd {
namespace {

/// For use inside '...[HERE]...' and '...:HERE:...' of _arguments.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
  }
  return out;
}

std::string function_name(const CommandText& command) {
  std::string out;
  for (const std::string& word : command.path) out += "_" + word;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::string action(const OptionText& option) {
  if (option.is_file()) return "_files";
  if (option.choices.empty()) return " ";
  std::string out = "(";
  for (const std::string& choice : option.choices) out += (out.size() > 1 ? " " : "") + choice;
  return out + ")";
}

std::string with_value(const OptionText& option, const std::string& name) {
  const bool is_long = name.compare(0, 2, "--") == 0;
  if (option.value_optional) return name + (is_long ? "=-" : "");
  return option.takes_value() ? name + (is_long ? "=" : "+") : name;
}

/// One specification for each name: `'(-o --output)--output=[Write ...]:FILE:_files'`.
std::string specification(const OptionText& option) {
  std::string all;
  for (const std::string& name : option.names) all += (all.empty() ? "" : " ") + name;
  const std::string excluded = option.many ? "*" : option.names.size() > 1 ? "(" + all + ")" : "";
  std::string out;
  for (const std::string& name : option.names) {
    out += " \\\n    '" + excluded + with_value(option, name) + "[" + escaped(brief(option.help)) + "]";
    if (!option.value.empty())
      out += (option.value_optional ? "::" : ":") + escaped(option.choices.empty() ? option.value : "value") + ":" +
             action(option);
    out += "'";
  }
  return out;
}

std::string positional(const OptionText& option, std::size_t number) {
  const std::string where = option.many ? "*" : std::to_string(number);
  return " \\\n    '" + where + ":" + escaped(option.value) + ": '";
}

std::string sub_commands(const CommandText& command) {
  std::string out = "  case $state in\n    command)\n      local -a names=(\n";
  for (const CommandText& sub : command.commands) {
    out += "        '" + sub.path.back() + ":" + escaped(brief(sub.summary)) + "'\n";
  }
  out += "      )\n      _describe -t commands command names\n      ;;\n    argument)\n      case $line[1] in\n";
  for (const CommandText& sub : command.commands)
    out += "        " + sub.path.back() + ") " + function_name(sub) + " ;;\n";
  return out + "      esac\n      ;;\n  esac\n";
}

std::string function(const CommandText& command) {
  const bool has_commands = !command.commands.empty();
  std::string out = function_name(command) + "() {\n";
  if (has_commands) out += "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
  out += std::string("  _arguments -s -S") + (has_commands ? " -C" : "");
  for (const OptionText& option : command.options) out += specification(option);
  std::size_t number = 0;
  for (const OptionText& each : command.positionals) out += positional(each, ++number);
  if (has_commands) out += " \\\n    '1: :->command' \\\n    '*:: :->argument'";
  out += "\n";
  if (has_commands) out += sub_commands(command);
  out += "}\n\n";
  for (const CommandText& sub : command.commands) out += function(sub);
  return out;
}

}  // namespace

std::string zsh_completion(const CommandText& root) {
  return "#compdef maildrop\n# zsh completion for maildrop, made by `maildrop generate completion zsh`.\n\n" +
         function(root) + "_maildrop \"$@\"\n";
}

}  // namespace maildrop::cmd
