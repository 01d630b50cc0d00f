/// spf_macro.cc: macros, read and written out.
#include "filter/spf_macro.h"

#include <algorithm>

#include "core/text.h"
#include "dns/answer.h"

namespace maildrop::filter {

namespace {

constexpr unsigned kMostLabels = 1000;  // `%{d99999999999}`: no value has that many; 7.3 asks for 127
constexpr std::string_view kLetters = "slodipvh";
constexpr std::string_view kExplanationLetters = "crt";
constexpr std::string_view kDelimiters = ".-+,/_=";
constexpr char kUpperHex[] = "0123456789ABCDEF";

bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

/// `toplabel` of RFC 7208 7.1: letters, digits and inner hyphens, not digits alone.
bool is_top_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; }) &&
         !std::all_of(label.begin(), label.end(), is_digit);
}

/// `192.0.2.1`, and of IPv6 its nibbles: `2.0.0.1.0.D.B.8...`, in capitals as in the examples of 7.4.
std::string dotted(const IpAddress& address) {
  if (address.is_v4()) return address.to_string();
  std::string nibbles;
  for (const std::uint8_t byte : address.bytes()) nibbles += {kUpperHex[byte >> 4], '.', kUpperHex[byte & 15], '.'};
  nibbles.pop_back();
  return nibbles;
}

std::string value_of(char letter, const SpfMacroValues& values) {
  switch (letter) {
    case 's': return values.local + "@" + values.sender;
    case 'l': return values.local;
    case 'o': return values.sender;
    case 'd': return values.domain;
    case 'i': return dotted(values.address);
    case 'p': return values.name.empty() ? "unknown" : values.name;
    case 'v': return values.address.is_v4() ? "in-addr" : "ip6";
    case 'h': return values.helo;
    case 'c': return values.address.to_string();
    case 'r': return values.receiver;
    default: return std::to_string(values.time);
  }
}

/// All but the unreserved characters of RFC 3986 2.3.
std::string url_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kUpperHex[byte >> 4], kUpperHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

Result<SpfMacroString> SpfMacroString::parse(std::string_view text, Kind kind) {
  SpfMacroString parsed;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '%') {
      if ((c < '!' || c > '~') && !(c == ' ' && kind == Kind::explanation))
        return fail(Code::invalid, "a byte that may not be there");
      parsed.add_text(text.substr(at, 1));
      continue;
    }
    const char next = ++at < text.size() ? text[at] : '\0';
    // They count as macros where a domain may end in one.
    if (next == '%' || next == '_' || next == '-') {
      parsed.parts_.push_back({.text = next == '%' ? "%" : next == '_' ? " " : "%20"});
      parsed.parts_.push_back({});
      continue;
    }
    const std::size_t end = next == '{' ? text.find('}', at) : std::string_view::npos;
    if (end == std::string_view::npos) return fail(Code::invalid, "a lone %");
    parsed.parts_.push_back(TRY(parse_macro(text.substr(at + 1, end - at - 1), kind)));
    at = end;
  }
  if (kind == Kind::domain && !parsed.ends_as_domain()) return fail(Code::invalid, "not a domain");
  return parsed;
}

/// `d2r.-`
Result<SpfMacroString::Part> SpfMacroString::parse_macro(std::string_view inside, Kind kind) {
  Part part;
  if (inside.empty() || !is_letter(inside.front())) return fail(Code::invalid, "a macro without a letter");
  part.escapes = inside.front() <= 'Z';
  part.letter = part.escapes ? static_cast<char>(inside.front() + 32) : inside.front();
  const bool known = kLetters.find(part.letter) != std::string_view::npos;
  const bool explains = kExplanationLetters.find(part.letter) != std::string_view::npos;
  if (!known && !(explains && kind != Kind::domain)) return fail(Code::invalid, "no such macro");

  inside.remove_prefix(1);
  const bool counts = !inside.empty() && is_digit(inside.front());
  for (; !inside.empty() && is_digit(inside.front()); inside.remove_prefix(1))
    part.labels = std::min(part.labels * 10 + static_cast<unsigned>(inside.front() - '0'), kMostLabels);
  if (counts && part.labels == 0) return fail(Code::invalid, "a macro that keeps nothing");
  if (!inside.empty() && (inside.front() == 'r' || inside.front() == 'R')) {
    part.reverses = true;
    inside.remove_prefix(1);
  }
  if (inside.find_first_not_of(kDelimiters) != std::string_view::npos)
    return fail(Code::invalid, "a macro with an unknown delimiter");
  part.text = inside.empty() ? "." : inside;
  return part;
}

void SpfMacroString::add_text(std::string_view text) {
  if (parts_.empty() || parts_.back().letter != 0) parts_.push_back({});
  parts_.back().text += text;
}

/// In a macro, or a dot, a top-level label, and perhaps one more dot.
bool SpfMacroString::ends_as_domain() const {
  if (parts_.empty()) return false;
  if (parts_.back().letter != 0 || parts_.back().text.empty()) return true;
  std::string_view text = parts_.back().text;
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && is_top_label(text.substr(dot + 1));
}

bool SpfMacroString::needs_name() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.letter == 'p'; });
}

std::string SpfMacroString::expand(const Part& part, const SpfMacroValues& values) {
  const std::string value = value_of(part.letter, values);
  std::vector<std::string_view> labels;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find_first_of(part.text, at), value.size());
    labels.push_back(std::string_view(value).substr(at, end - at));
    at = end + 1;
  }
  if (part.reverses) std::reverse(labels.begin(), labels.end());
  const std::size_t kept = part.labels == 0 ? labels.size() : std::min<std::size_t>(part.labels, labels.size());
  std::string out;
  for (std::size_t i = labels.size() - kept; i < labels.size(); ++i)
    out.append(out.empty() && i == labels.size() - kept ? "" : ".").append(labels[i]);
  return part.escapes ? url_escaped(out) : out;
}

std::string SpfMacroString::domain(const SpfMacroValues& values) const {
  std::string name;
  for (const Part& part : parts_) {
    name += part.letter == 0 ? part.text : expand(part, values);
    // What is further left would be cut off in any case: a record full of macros takes no memory.
    if (name.size() > 4 * dns::kLongestName) name.erase(0, name.size() - 2 * dns::kLongestName);
  }
  if (name.ends_with('.')) name.pop_back();
  if (name.size() <= dns::kLongestName) return name;
  const std::size_t dot = name.find('.', name.size() - dns::kLongestName - 1);
  return dot == std::string::npos ? std::string() : name.substr(dot + 1);
}

std::string SpfMacroString::explanation(const SpfMacroValues& values, std::size_t max) const {
  std::string text;
  for (const Part& part : parts_) {
    if (text.size() >= max) break;
    text += part.letter == 0 ? part.text : expand(part, values);
  }
  if (text.size() > max) text.resize(max);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace maildrop::filter
