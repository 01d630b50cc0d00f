/// log_line.cc: text and JSON, as log.cc makes them.
#include "core/log_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/parse_time.h"

namespace maildrop::log {

namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

bool is_key_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

bool is_event(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || c == ' ' || c == ',' || c == '_';
  });
}

/// What stands before `end`, which is taken away with it.
std::string_view take_until(std::string_view& text, char end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), taken.size() + 1));
  return taken;
}

/// After its first quote; nothing: it does not end.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return value;
    // \xNN and \u{...} stay as they are: nothing that a terminal would obey comes of reading a log.
    if (c == '\\' && !text.empty() && (text.front() == '"' || text.front() == '\\')) {
      c = text.front();
      text.remove_prefix(1);
    }
    value += c;
  }
  return std::nullopt;
}

/// `key=value key="a value"`, to the end.
bool parse_fields(std::string_view text, Line& line) {
  while (!text.empty()) {
    if (text.find('=') == std::string_view::npos) return false;
    const std::string_view key = take_until(text, '=');
    if (key.empty() || !std::all_of(key.begin(), key.end(), is_key_character)) return false;
    std::string value;
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      std::optional<std::string> quoted = take_quoted(text);
      if (!quoted || !(text.empty() || text.starts_with(' '))) return false;
      text.remove_prefix(std::min<std::size_t>(1, text.size()));
      value = std::move(*quoted);
    } else {
      value = take_until(text, ' ');
    }
    line.fields.emplace_back(key, std::move(value));
  }
  return true;
}

bool is_level(std::string_view word) {
  return std::find(kLevelNames, std::end(kLevelNames), word) != std::end(kLevelNames);
}

std::optional<Line> parse_text(std::string_view text) {
  Line line;
  std::string_view rest = text;
  line.time = parse_rfc3339(take_until(rest, ' '));
  if (line.time) {
    line.level = take_until(rest, ' ');
    if (!is_level(line.level)) return std::nullopt;
  } else {
    rest = text;
    if (rest.starts_with('<')) take_until(rest, '>');
  }
  // An event may have several words, and none of them an equals sign.
  const std::size_t equals = std::min(rest.find('='), rest.size());
  const std::size_t end = equals == rest.size() ? equals : std::min(rest.rfind(' ', equals), rest.size());
  line.event = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  if (!is_event(line.event) || !parse_fields(rest, line)) return std::nullopt;
  return line;
}

std::optional<Line> parse_object(std::string_view text) {
  const auto object = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Line line;
  for (const auto& [key, value] : object.items()) {
    if (value.is_structured()) return std::nullopt;  // and however deep it is, nobody goes down there
    std::string said = value.is_string() ? value.get<std::string>() : value.dump();
    if (key == "time") {
      line.time = parse_rfc3339(said);
    } else if (key == "level") {
      line.level = std::move(said);
    } else if (key == "event") {
      line.event = std::move(said);
    } else {
      line.fields.emplace_back(key, std::move(said));
    }
  }
  if (!line.time || line.event.empty()) return std::nullopt;
  return line;
}

}  // namespace

std::string_view Line::field(std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key) return value;
  return {};
}

std::optional<Line> parse_line(std::string_view text) {
  return text.starts_with('{') ? parse_object(text) : parse_text(text);
}

}  // namespace maildrop::log
