/// generate_man.cc: the parts of manual pages that follow from the code, in man(7).
#include <cctype>
#include <utility>

#include "core/text.h"
#include "generate.h"

namespace maildrop::cmd {
namespace {

constexpr std::size_t kLineWidth = 79;

/// A line that starts with a dot or a quote would be a request.
std::string guarded(const std::string& line) {
  const bool is_request = !line.empty() && (line.front() == '.' || line.front() == '\'');
  return is_request ? "\\&" + line : line;
}

/// Literal text: every hyphen is a minus sign.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return guarded(out);
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

/// One word of running text: a hyphen after a letter stays one, all else that looks like it is a minus sign.
std::string plain_word(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool inside = i > 0 && std::isalpha(static_cast<unsigned char>(word[i - 1])) != 0;
    if (word[i] == '\\') {
      out += "\\e";
    } else {
      out += word[i] == '-' && !inside ? "\\-" : std::string(1, word[i]);
    }
  }
  return out;
}

/// Running text in lines that an editor likes.
std::string prose(std::string_view text) {
  std::string out, line;
  for (const std::string_view each : split(text, ' ')) {
    const std::string word = plain_word(each);
    if (!line.empty() && line.size() + 1 + word.size() > kLineWidth) out += guarded(std::exchange(line, "")) + "\n";
    line += (line.empty() ? "" : " ") + word;
  }
  return out + guarded(line);
}

std::string lower_first(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

std::string spelled(const OptionText& option) {
  std::string out;
  for (const std::string& name : option.names)
    out += (out.empty() ? "" : ", ") + (option.positional ? italic(name) : bold(name));
  if (option.positional || option.value.empty()) return out;
  return option.value_optional ? out + "[=" + italic(option.value) + "]" : out + " " + italic(option.value);
}

std::string entry(const OptionText& option) { return ".TP\n" + spelled(option) + "\n" + prose(option.help) + "\n"; }

std::string entries(const CommandText& command, bool global) {
  std::string out;
  if (!global) {
    for (const OptionText& positional : command.positionals) out += entry(positional);
  }
  for (const OptionText& option : command.options) {
    if (option.global == global) out += entry(option);
  }
  return out;
}

std::string usage(const CommandText& command) {
  std::string out = bold(command.full_name()) + " [" + italic("OPTION") + "]...";
  for (const OptionText& each : command.positionals) {
    out += " " + (each.required ? italic(each.value) : "[" + italic(each.value) + "]");
    if (each.many) out += "...";
  }
  if (command.path.size() == 1) out += " " + italic("COMMAND") + " [" + italic("ARGUMENT") + "]...";
  return out + "\n";
}

}  // namespace

std::string man_head(const CommandText& command) {
  std::string name;
  for (const std::string& word : command.path) name += (name.empty() ? "" : "\\-") + word;
  std::string out = ".SH NAME\n" + name + " \\- " + prose(lower_first(command.summary)) + "\n.SH SYNOPSIS\n";
  if (command.commands.empty() || command.path.size() == 1) return out + usage(command);
  for (const CommandText& sub : command.commands) {
    out += usage(sub) + (&sub == &command.commands.back() ? "" : ".br\n");
  }
  return out;
}

std::string man_options(const CommandText& command) {
  std::string out = ".SH OPTIONS\n";
  const bool has_parts = !command.commands.empty() && command.path.size() > 1;
  if (!has_parts) out += entries(command, false);
  for (const CommandText& sub : command.commands) {
    if (has_parts) out += ".SS " + sub.full_name() + "\n" + prose(sub.summary) + "\n" + entries(sub, false);
  }
  const std::string global = entries(command, true);
  return global.empty() ? out : out + ".SS Options of every command\n" + global;
}

std::string man_commands(const CommandText& root) {
  std::string out = ".SH COMMANDS\n";
  for (const CommandText& command : root.commands) {
    const std::string& name = command.path.back();
    const bool daemon = name.starts_with("serve") || name == "watchdog";
    out += ".TP\n.BR maildrop\\-" + roff(name) + (daemon ? " (8)\n" : " (1)\n") + prose(command.summary) + "\n";
  }
  return out;
}

std::string man_routes(std::span<const api::Route> routes) {
  std::string out;
  for (const api::Route& route : routes) {
    out += ".TP\n" + bold(route.method) + " " + bold(route.pattern) + "\n" + prose(route.summary) + "\n";
  }
  return out;
}

}  // namespace maildrop::cmd
