/// help.h: a command as text: what help, manual pages and completions are made from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::cmd {

inline constexpr std::size_t kHelpWidth = 80;  // columns

struct OptionText {
  std::vector<std::string> names;    // `-o`, `--output`; a positional's one name
  std::string value;                 // `FILE`, `N`; empty: none is taken
  std::vector<std::string> choices;  // the fixed values, if there are some
  std::string help;
  bool value_optional = false;  // `--wait[=TIME]`: a value only after `=`
  bool positional = false;
  bool required = false;  // positionals
  bool many = false;      // may be repeated
  bool global = false;    // belongs to maildrop itself

  bool is_file() const { return value == "FILE" || value == "SOURCE"; }
  bool takes_value() const { return !value.empty() && !value_optional && !positional; }
  /// `-o`, `--output FILE`
  std::string spelled() const;
};

struct CommandText {
  std::vector<std::string> path;  // `maildrop`, `config`, `show`
  std::string summary;
  std::vector<std::string> examples;
  std::vector<OptionText> options;  // own ones, then global ones
  std::vector<OptionText> positionals;
  std::vector<CommandText> commands;  // hidden ones left out
  std::string full_name() const;      // `maildrop config show`
  /// `maildrop inbox [OPTION]... NAME [ID]...`
  std::string usage() const;
};

CommandText describe(const CLI::App& app);

/// `text` in lines of `width` columns, where it begins at column `indent`, as those below the first do.
std::string folded(std::string_view text, std::size_t indent, std::size_t width);

/// Values that an option may take; any other is refused with this list.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& choices);

/// Lays out `--help`: examples first.
class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace maildrop::cmd
