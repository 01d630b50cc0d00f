/// text.cc: strangers' text made safe for a terminal and for a log, and small helpers for ASCII.
///
/// What is unsafe, in every output: C0, DEL and C1 (a terminal obeys U+0080-9F as it obeys ESC), line and paragraph
/// separators (some readers end a line there), and all format characters (Unicode category Cf) but the soft hyphen:
/// bidi controls turn text around, tag characters and zero-width ones hide text. The two joiners (U+200C, U+200D) are
/// let through to a terminal, where Persian is misspelt and joined emoji fall apart without them; a log, where values
/// are compared, shows them escaped.
#include "core/text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "core/utf8.h"

namespace maildrop {

CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  // C0, C1: overlong by form. F5 and up: beyond U+10FFFF. 80-BF: a continuation with nothing before it.
  if (first < 0xC2 || first > 0xF4 || length > text.size() - at) return {first, 1, false};
  char32_t value = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {first, 1, false};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || surrogate || value > 0x10FFFF) return {first, 1, false};
  return {value, length, true};
}

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

namespace {

struct UnsafeRange {
  char32_t first, last;
};

// In order. Cf of Unicode 15 without U+00AD, and the blocks around them that hold nothing visible.
constexpr UnsafeRange kUnsafe[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},
    {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x180E, 0x180E},   {0x200B, 0x200F},
    {0x2028, 0x202E},   {0x2060, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_unsafe(char32_t code) {
  if (code >= 0x20 && code < 0x7F) return false;  // nearly all text
  const auto* range = std::lower_bound(std::begin(kUnsafe), std::end(kUnsafe), code,
                                       [](const UnsafeRange& r, char32_t c) { return r.last < c; });
  return range != std::end(kUnsafe) && range->first <= code;
}

bool is_joiner(char32_t code) { return code == 0x200C || code == 0x200D; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

void append_escaped(std::string& out, const CodePoint& code) {
  char escape[16];
  const bool byte = !code.valid || code.value < 0x80;
  std::snprintf(escape, sizeof escape, byte ? "\\x%02X" : "\\u{%04X}", static_cast<unsigned>(code.value));
  out += escape;
}

}  // namespace

std::string terminal_safe(std::string_view text, Lines lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = decode_utf8(text, at);
    const bool crlf = code.value == '\r' && text.substr(at + 1, 1) == "\n";
    if (lines == Lines::many && crlf) {
      // dropped: the newline follows
    } else if (lines == Lines::many && (code.value == '\n' || code.value == '\t')) {
      out += static_cast<char>(code.value);
    } else if (!code.valid || (is_unsafe(code.value) && !is_joiner(code.value))) {
      out += kReplacement;
    } else {
      out += text.substr(at, code.length);
    }
    at += code.length;
  }
  return out;
}

void append_log_value(std::string& out, std::string_view text, std::size_t max) {
  // Nearly all values are plain, and several are written for each message.
  const auto plain = [](char c) { return c > ' ' && c <= '~' && c != '=' && c != '"' && c != '\\'; };
  if (!text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), plain)) {
    out += text;
    return;
  }
  const std::size_t begin = out.size();
  bool quote = text.empty();
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint code = decode_utf8(text, at);
    if (at + code.length > max) break;
    const char c = text[at];
    if (!code.valid || is_unsafe(code.value)) {
      append_escaped(out, code);
    } else {
      quote = quote || c == ' ' || c == '=' || c == '"';
      if (c == '"' || c == '\\') out += '\\';
      out += text.substr(at, code.length);
    }
    at += code.length;
  }
  if (at < text.size()) out += "...";
  if (!quote) return;
  out.insert(begin, 1, '"');
  out += '"';
}

/// Where the next byte beyond ASCII is, from `at` on, or the end. Eight bytes at a time: nearly all mail is ASCII.
static std::size_t skip_ascii(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t high = skip_ascii(text, at);
    out += text.substr(at, high - at);
    if ((at = high) == text.size()) break;
    const CodePoint code = decode_utf8(text, at);
    out += code.valid ? text.substr(at, code.length) : kReplacement;
    at += code.length;
  }
  return out;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; (at = skip_ascii(text, at)) < text.size();) {
    const CodePoint code = decode_utf8(text, at);
    if (!code.valid) return false;
    at += code.length;
  }
  return true;
}

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

void append_entry(std::string& list, std::string_view between, std::string_view entry) {
  if (!list.empty()) list.append(between);
  list.append(entry);
}

std::string to_lower(std::string_view ascii) {
  std::string out(ascii);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

namespace {

constexpr std::size_t kLongestName = 80;  // nothing we have a name for is longer; bounds the work below

/// Insertions, deletions, replacements and swaps of neighbours from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::size_t rows[3][kLongestName + 1];
  std::size_t *before = rows[0], *last = rows[1], *now = rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::size_t* free = before;
    before = last, last = now, now = free;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t distance = 3;
  if (name.size() > kLongestName) return best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongestName) continue;
    const std::size_t d = edit_distance(name, candidate);
    if (d >= distance || 2 * d >= name.size()) continue;
    distance = d;
    best = candidate;
  }
  return best;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
  std::size_t end = max;
  while (end > 0 && max - end < 3 && continues(end)) --end;
  return text.substr(0, continues(end) ? max : end);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

Result<std::string> from_hex(std::string_view hex) {
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return fail(Code::invalid, "not hexadecimal");
    bytes += static_cast<char>(high << 4 | low);
  }
  if (hex.size() % 2 != 0) return fail(Code::invalid, "not hexadecimal");
  return bytes;
}

}  // namespace maildrop
