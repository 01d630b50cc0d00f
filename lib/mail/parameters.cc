/// parameters.cc: a small tokenizer and the continuations of RFC 2231.
#include "mail/parameters.h"

#include <algorithm>
#include <optional>

#include "core/text.h"
#include "core/utf8.h"
#include "mail/headers.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxField = 16 * 1024;  // bytes looked at
constexpr std::size_t kMaxFilename = 255;     // of most file systems

/// Takes quotes, comments and blanks apart. Comments are counted, not recursed into.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  bool take(char c) {
    skip_blanks();
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// Up to one of `stops`; a quoted string's stops do not count, and its quotes are taken off.
  std::string text_until(std::string_view stops) {
    std::string out;
    for (skip_blanks(); !at_end() && stops.find(text_[at_]) == std::string_view::npos;) {
      if (text_[at_] == '"') {
        quoted(out);
      } else if (text_[at_] == '(') {
        skip_comment();
      } else {
        out += text_[at_++];
      }
    }
    out.resize(out.find_last_not_of(" \t\r\n") + 1);
    return out;
  }

 private:
  void skip_blanks() {
    while (!at_end()) {
      if (text_[at_] == '(') {
        skip_comment();
      } else if (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n') {
        ++at_;
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    std::size_t depth = 0;
    do {
      const char c = text_[at_++];
      if (c == '(') ++depth;
      if (c == ')') --depth;
      if (c == '\\') ++at_;
    } while (depth > 0 && !at_end());
  }

  void quoted(std::string& out) {
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

/// Takes `charset'language'` off the first section of an extended value (RFC 2231 4).
std::string take_charset(std::string_view& value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return {};
  std::string charset(value.substr(0, first));
  value.remove_prefix(second + 1);
  return charset;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

const std::string* find(const Parameters& parameters, const std::string& name) {
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

/// `name*0*`, `name*1`, ...: numbered from 0 by us and never by what was written, so a number cannot be too large, and
/// what follows a gap is not looked at (CVE-2024-39929 was a reader at odds with others over these).
std::optional<std::string> continued(const Parameters& parameters, const std::string& name, Charsets& charsets) {
  std::string bytes;
  std::string charset;
  for (std::size_t section = 0;; ++section) {
    const std::string key = name + "*" + std::to_string(section);
    const std::string* extended = find(parameters, key + "*");
    const std::string* plain = extended == nullptr ? find(parameters, key) : nullptr;
    if (extended == nullptr && plain == nullptr) {
      if (section == 0) return std::nullopt;
      return decode_charset(bytes, charset, bytes.size(), charsets);
    }
    std::string_view value = extended != nullptr ? *extended : *plain;
    if (section == 0 && extended != nullptr) charset = take_charset(value);
    bytes += extended != nullptr ? percent_decoded(value) : std::string(value);
  }
}

/// `text / plain` without its blanks; what stands behind a blank elsewhere is no part of a value.
std::string first_word(std::string text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos) {
    text.erase(slash + 1, std::min(text.find_first_not_of(" \t", slash + 1), text.size()) - slash - 1);
    const std::size_t end =
        text.find_last_not_of(" \t", slash - 1) + 1;  // slash - 1 may wrap: then nothing is before it
    if (slash > 0) text.erase(end, slash - end);
  }
  text.resize(std::min(text.find_first_of(" \t"), text.size()));
  return text;
}

}  // namespace

bool ParameterizedField::has(std::string_view name) const {
  return std::any_of(parameters.begin(), parameters.end(), [name](const auto& each) {
    return !each.second.empty() && each.first.substr(0, each.first.find('*')) == name;
  });
}

std::string ParameterizedField::parameter(std::string_view name, Charsets& charsets) const {
  const std::string key(name);
  if (const std::string* extended = find(parameters, key + "*")) {
    std::string_view bytes = *extended;
    const std::string charset = take_charset(bytes);
    return decode_charset(percent_decoded(bytes), charset, bytes.size(), charsets);
  }
  if (const auto joined = continued(parameters, key, charsets)) return *joined;
  const std::string* plain = find(parameters, key);
  return plain == nullptr ? std::string() : *plain;
}

ParameterizedField parse_parameters(std::string_view field) {
  ParameterizedField out;
  const std::string text = unfold(field.substr(0, kMaxField));
  Tokenizer tokens(text);
  out.value = to_lower(first_word(tokens.text_until(";")));
  while (tokens.take(';') && out.parameters.size() < ParameterizedField::kMaxParameters) {
    std::string name = to_lower(tokens.text_until("=;"));
    if (!tokens.take('=')) continue;
    std::string value = tokens.text_until(";");
    if (!name.empty()) out.parameters.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

std::string safe_filename(std::string_view utf8) {
  const std::size_t slash = utf8.find_last_of("/\\");
  if (slash != std::string_view::npos) utf8.remove_prefix(slash + 1);
  std::string name = terminal_safe(utf8);
  // What terminal_safe() puts in place of what it takes out.
  for (std::size_t at = name.find(kReplacement); at != std::string::npos; at = name.find(kReplacement, at)) {
    name.erase(at, kReplacement.size());
  }
  // A leading dot hides a file and `..` leaves its folder; Windows drops dots and blanks at the end.
  std::string_view kept = name;
  kept.remove_prefix(std::min(kept.find_first_not_of(". "), kept.size()));
  kept = utf8_prefix(kept, kMaxFilename);
  return std::string(kept.substr(0, kept.find_last_not_of(". ") + 1));
}

}  // namespace maildrop::mail
