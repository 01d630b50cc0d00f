/// escape.cc: by what each grammar allows, and not by what it forbids.
#include "api/escape.h"

#include "core/utf8.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kLongestName = 200;  // bytes: file systems have 255, and browsers add to a name

bool is_plain(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// As a file may be called anywhere: no path, no file that is hidden, nothing that does not show.
std::string file_name(std::string_view name) {
  std::string safe = terminal_safe(name);
  for (char& c : safe)
    if (std::string_view("/\\:*?\"<>|%").find(c) != std::string_view::npos) c = '_';
  const std::size_t begin = safe.find_first_not_of(". ");
  safe.erase(0, std::min(begin, safe.size()));
  return std::string(utf8_prefix(safe, kLongestName));
}

/// For clients that do not know `filename*`.
std::string in_ascii(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continues) out += is_plain(c) || std::string_view(" ._-()[]+=,@").find(c) != std::string_view::npos ? c : '_';
  }
  return out;
}

/// U+FFFE and U+FFFF are no characters of XML (2.2).
bool is_no_character(std::string_view text) { return text == "\xEF\xBF\xBE" || text == "\xEF\xBF\xBF"; }

}  // namespace

std::string attachment_disposition(std::string_view name, std::string_view otherwise) {
  std::string safe = file_name(name);
  if (safe.empty()) safe = otherwise;
  const std::string ascii = in_ascii(safe);
  std::string out = "attachment; filename=\"" + ascii + "\"";
  if (ascii != safe) out += "; filename*=UTF-8''" + percent_encoded(safe);
  return out;
}

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c) || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
  return out;
}

std::string xml_escaped(std::string_view text, Lines lines) {
  const std::string safe = terminal_safe(text, lines);
  std::string out;
  for (std::size_t at = 0; at < safe.size(); ++at) {
    switch (safe[at]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (is_no_character(std::string_view(safe).substr(at, 3))) {
          out += kReplacement;
          at += 2;
        } else {
          out += safe[at];
        }
    }
  }
  return out;
}

}  // namespace maildrop::api
