/// generate_completion.cc: completion scripts for bash and fish. zsh has a file of its own.
///
/// Both scripts walk the words typed so far to find the command, stepping over the values of options.
#include <algorithm>
#include <set>

#include "generate.h"

namespace maildrop::cmd {
namespace {

using Names = std::vector<std::string>;

std::string joined(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
  return out;
}

Names names_of(const CommandText& command, bool (*wanted)(const OptionText&)) {
  Names names;
  for (const OptionText& option : command.options) {
    if (wanted(option)) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

Names sub_names(const CommandText& command) {
  Names names;
  for (const CommandText& sub : command.commands) names.push_back(sub.path.back());
  return names;
}

bool any(const OptionText&) { return true; }
bool valued(const OptionText& option) { return option.takes_value(); }
bool file(const OptionText& option) { return option.is_file(); }

/// Calls `visit` with the command and everything below it.
template <class Visit>
void walk(const CommandText& command, const Visit& visit) {
  visit(command);
  for (const CommandText& sub : command.commands) walk(sub, visit);
}

std::string bash_words(const CommandText& root) {
  std::string out;
  walk(root, [&out](const CommandText& command) {
    out += "    '" + command.full_name() + "')\n";
    out += "      options='" + joined(names_of(command, any)) + "'\n";
    out += "      valued='" + joined(names_of(command, valued)) + "'\n";
    out += "      files='" + joined(names_of(command, file)) + "'\n";
    out += "      commands='" + joined(sub_names(command)) + "'\n      ;;\n";
  });
  return out;
}

std::string bash_values(const CommandText& root) {
  std::string out;
  walk(root, [&out](const CommandText& command) {
    for (const OptionText& option : command.options) {
      if (option.choices.empty()) continue;
      for (const std::string& name : option.names) {
        out += "    '" + command.full_name() + " " + name + "') echo '" + joined(option.choices) + "' ;;\n";
      }
    }
  });
  return out;
}

constexpr const char* kBashEnd = R"BASH(
_maildrop() {
  local options valued files commands path=maildrop option='' word after='' cur words=('')
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do # bash cuts --color=auto into three words
    if [[ $word == = || $after == = ]]; then words[-1]+=$word; else words+=("$word"); fi
    after=$word
  done
  cur=${words[-1]}
  _maildrop_words "$path"
  for word in "${words[@]:1:${#words[@]}-2}"; do
    if [[ $option ]]; then
      option='' # this was its value
    elif [[ " $valued " == *" $word "* ]]; then
      option=$word
    elif [[ $word && " $commands " == *" $word "* ]]; then
      path+=" $word"
      _maildrop_words "$path"
    fi
  done
  if [[ $cur == --*=* ]]; then
    option=${cur%%=*}
    cur=${cur#*=}
  fi
  COMPREPLY=()
  if [[ $option && " $files " == *" $option "* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  elif [[ $option ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_maildrop_values "$path $option")" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  fi
}

complete -F _maildrop maildrop
)BASH";

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

/// `config show`: the path without maildrop itself.
std::string below_root(const CommandText& command) {
  return joined(Names(command.path.begin() + 1, command.path.end()));
}

std::string fish_option(const CommandText& command, const OptionText& option) {
  std::string out = "complete -c maildrop -n " + fish_quoted("__maildrop_at " + below_root(command));
  for (const std::string& name : option.names) {
    out += name.compare(0, 2, "--") == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.is_file()) {
    out += " -r -F";
  } else if (option.takes_value()) {
    out += option.choices.empty() ? " -x" : " -x -a " + fish_quoted(joined(option.choices));
  }
  return out + " -d " + fish_quoted(brief(option.help)) + "\n";
}

std::string fish_command(const CommandText& command) {
  std::string out;
  for (const CommandText& sub : command.commands) {
    out += "complete -c maildrop -n " + fish_quoted("__maildrop_at " + below_root(command)) + " -a " + sub.path.back() +
           " -d " + fish_quoted(brief(sub.summary)) + "\n";
  }
  for (const OptionText& option : command.options) out += fish_option(command, option);
  return out;
}

/// Commands whose next word is a command, too.
std::string fish_parents(const CommandText& root) {
  std::string out;
  for (const CommandText& sub : root.commands) {
    if (!sub.commands.empty()) out += " " + sub.path.back();
  }
  return out;
}

std::string fish_valued(const CommandText& root) {
  std::set<std::string> names;
  walk(root, [&names](const CommandText& command) {
    for (const std::string& name : names_of(command, valued)) names.insert(name);
  });
  return joined(Names(names.begin(), names.end()));
}

}  // namespace

std::string bash_completion(const CommandText& root) {
  return "# bash completion for maildrop, made by `maildrop generate completion bash`.\n\n"
         "_maildrop_words() {  # what may come after the command $1\n  options='' valued='' files='' commands=''\n  "
         "case $1 "
         "in\n" +
         bash_words(root) +
         "  esac\n}\n\n_maildrop_values() {  # the fixed values of an option: $1 is `maildrop inbox --color`\n" +
         "  case $1 in\n" + bash_values(root) + "  esac\n}\n" + kBashEnd;
}

std::string fish_completion(const CommandText& root) {
  std::string out =
      "# fish completion for maildrop, made by `maildrop generate completion fish`.\n\n"
      "function __maildrop_at --description 'whether the command typed so far is this one'\n"
      "    set -l path\n    set -l skip 0\n"
      "    for word in (commandline -opc)[2..-1]\n"
      "        if test $skip = 1\n            set skip 0\n            continue\n        end\n"
      "        switch $word\n"
      "            case " +
      fish_valued(root) +
      "\n                set skip 1\n"
      "            case '-*'\n"
      "            case '*'\n"
      "                if test (count $path) = 0; or contains -- \"$path\"" +
      fish_parents(root) +
      "\n"
      "                    set path $path $word\n                end\n"
      "        end\n    end\n"
      "    test \"$path\" = \"$argv\"\nend\n\ncomplete -c maildrop -f\n";
  walk(root, [&out](const CommandText& command) { out += fish_command(command); });
  return out;
}

}  // namespace maildrop::cmd
