/// settings_text.cc: the table of settings as TOML and as manual.
#include "core/settings.h"
#include "core/text.h"

namespace maildrop {

namespace {

constexpr std::size_t kWidth = 100;  // columns of the sample file

std::string_view section_of(const Setting& setting) { return setting.key.substr(0, setting.key.rfind('.')); }
std::string_view name_of(const Setting& setting) { return setting.key.substr(setting.key.rfind('.') + 1); }

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// Numbers and booleans stand bare; all others are strings.
std::string toml_value(const Setting& setting, const std::vector<std::string>& values) {
  using Type = Setting::Type;
  const bool bare = setting.type == Type::number || setting.type == Type::decimal || setting.type == Type::boolean;
  if (setting.type != Setting::Type::list) return bare ? values.front() : toml_string(values.front());
  std::string out = "[";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ", ";
    out += toml_string(value);
  }
  return out + "]";
}

/// `# ` and words up to kWidth columns, line by line.
void append_comment(std::string& out, std::string_view text) {
  std::string line = "#";
  for (const std::string_view word : split(text, ' ')) {
    if (line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = "#";
    }
    line += " ";
    line += word;
  }
  out += line + "\n";
}

/// For roff: backslashes and hyphens keep their look, and a line never starts a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '`') {
      out += "\\(aq";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  if (!out.empty() && out.front() == '.') out.insert(0, "\\&");
  return out;
}

/// Each sentence on a line of its own, as man(7) wants.
std::string roff_sentences(std::string_view text) {
  std::string out;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = text.find(". ", start);
    end = end == std::string_view::npos ? text.size() : end + 1;
    out += roff(text.substr(start, end - start)) + "\n";
    start = end < text.size() ? end + 1 : end;
  }
  return out;
}

}  // namespace

std::string toml_line(const Setting& setting, const Config& config) {
  return std::string(name_of(setting)) + " = " + toml_value(setting, setting.get(config));
}

std::string sample_toml() {
  const Config defaults;
  std::string out =
      "# maildrop.toml: every setting with its default. Take away the # of what you change.\n"
      "# Read from /etc/maildrop/maildrop.toml, then conf.d/*.toml beside it; see maildrop.toml(5).\n"
      "# Environment (MAILDROP_SMTP_LISTEN and so on) and --set come before files.\n";
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      out += "\n[" + std::string(section) + "]\n";
    }
    out += "\n";
    append_comment(out, setting.help);
    append_comment(out, "Values: " + std::string(setting.values));
    out += "#" + toml_line(setting, defaults) + "\n";
  }
  return out;
}

std::string sample_environment() {
  const Config defaults;
  std::string out =
      "# maildrop.env: every setting as a variable, with its default. Take away the # of what you change.\n"
      "# maildrop.toml(5) tells what each is. A name with _FILE at its end names a file that holds the value: for "
      "secrets.\n";
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      out += "\n# [" + std::string(section) + "]\n";
    }
    std::string value;
    for (const std::string& each : setting.get(defaults)) value += (value.empty() ? "" : ",") + each;
    out += "#" + environment_name(setting.key) + "=" + value + "\n";
  }
  return out;
}

std::string settings_man() {
  const Config defaults;
  std::string out;
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      out += ".SS [" + std::string(section) + "]\n";
    }
    out += ".TP\n\\fB" + roff(name_of(setting)) + "\\fR = " + roff(setting.values) + "\n";
    out += roff_sentences(setting.help);
    out += "Default: " + roff(toml_value(setting, setting.get(defaults))) + ".\n";
    out += "Environment: " + roff(environment_name(setting.key)) + ".\n";
    out += setting.reloadable ? "Applied by a reload.\n" : "Needs a restart.\n";
  }
  return out;
}

}  // namespace maildrop
