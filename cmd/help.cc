/// help.cc: reads CLI11's tree back, and lays out --help.
#include "help.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::cmd {
namespace {

constexpr std::size_t kHelpColumn = 28;

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(separator)) + word;
  return out;
}

OptionText describe(const CLI::Option& option, bool global) {
  OptionText text;
  text.positional = option.get_positional();
  if (text.positional) {
    text.names = {option.get_name(true)};
    text.value = text.names.front();
  } else {
    for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
    text.value = option.get_type_name();
  }
  text.value_optional = !text.positional && option.get_expected_max() == 0 && !text.value.empty();
  if (text.value.find('|') != std::string::npos) {
    for (const std::string_view choice : split(text.value, '|')) text.choices.emplace_back(choice);
  }
  text.help = option.get_description();
  text.required = option.get_required();
  text.many = option.get_expected_max() >= CLI::detail::expected_max_vector_size;
  text.global = global;
  return text;
}

void add_options(CommandText& text, const CLI::App& app, bool global) {
  const CLI::Option* help = app.get_help_ptr();
  for (const CLI::Option* option : app.get_options({})) {
    if (option->get_group().empty()) continue;
    if (global && (option == help || option->get_positional() || option->check_lname("version"))) continue;
    (option->get_positional() ? text.positionals : text.options).push_back(describe(*option, global));
  }
}

std::string entry(const std::string& left, std::string_view help) {
  std::string out = "  " + left;
  if (out.size() + 2 > kHelpColumn) out += "\n";
  const std::size_t used = out.back() == '\n' ? 0 : out.size();
  return out + std::string(kHelpColumn - used, ' ') + folded(help, kHelpColumn, kHelpWidth) + "\n";
}

std::string section(std::string_view title, const std::vector<OptionText>& options, bool global) {
  std::string out;
  for (const OptionText& option : options) {
    if (option.global == global) out += entry(option.spelled(), option.help);
  }
  return out.empty() ? out : "\n" + std::string(title) + ":\n" + out;
}

}  // namespace

std::string folded(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    if (column + 1 + word.size() > width && column > indent) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) out += ' ';
    out += word;
    column += word.size() + 1;
  }
  return out;
}

std::string OptionText::spelled() const {
  const std::string name = joined(names, ", ");
  if (positional || value.empty()) return name;
  return value_optional ? name + "[=" + value + "]" : name + " " + value;
}

std::string CommandText::full_name() const { return joined(path, " "); }

std::string CommandText::usage() const {
  std::string out = full_name() + " [OPTION]...";
  for (const OptionText& positional : positionals) {
    out += " " + (positional.required ? positional.value : "[" + positional.value + "]");
    if (positional.many) out += "...";
  }
  if (!commands.empty()) out += path.size() == 1 ? " COMMAND [ARGUMENT]..." : " COMMAND";
  return out;
}

CommandText describe(const CLI::App& app) {
  CommandText text;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
    text.path.insert(text.path.begin(), at->get_name());
  text.summary = app.get_description();
  const std::string examples = app.get_footer();
  if (!examples.empty()) {
    for (const std::string_view line : split(examples, '\n')) text.examples.emplace_back(line);
  }
  add_options(text, app, false);
  for (const CLI::App* at = app.get_parent(); at != nullptr; at = at->get_parent()) {
    if (at->get_parent() == nullptr) add_options(text, *at, true);
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); })) {
    text.commands.push_back(describe(*sub));
  }
  return text;
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& choices) {
  const auto check = [choices](std::string& value) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return std::string();
    if (value.starts_with('-')) return "needs one of " + joined(choices, ", ") + ": '" + value + "' is an option";
    return "'" + value + "' is none of " + joined(choices, ", ");
  };
  return option->type_name(joined(choices, "|"))->check(CLI::Validator(check, ""));
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  const CommandText text = describe(*app);
  std::string out;
  for (const std::string& example : text.examples) out += "  " + example + "\n";
  if (!out.empty()) out = "Examples:\n" + out + "\n";
  out += text.summary + "\n\nUsage: " + text.usage() + "\n";
  if (!text.commands.empty()) out += "\nSubcommands:\n";
  for (const CommandText& command : text.commands) out += entry(command.path.back(), command.summary);
  out += section("Arguments", text.positionals, false);
  out += section("Options", text.options, false);
  out += section("Global options", text.options, true);
  return out;
}

}  // namespace maildrop::cmd
