/// words.cc: encoded words, found and decoded by one reader.
///
/// It is our own, since libraries remember each charset that a word names, for ever (GMime does), and a filter before
/// them does not help: of two readers of one text, one sees words that the other does not (`=?utf-8?X?=?evil?Q?a?=`).
/// And taking off Q and B is a few lines.
#include "mail/words.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text.h"
#include "core/utf8.h"
#include "mail/headers.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxHeader = 16 * 1024;  // bytes of a value that are decoded

/// One encoded word. RFC 2047 2, but its text may hold blanks and question marks, as many senders write them.
struct Word {
  std::string_view charset;  // iconv's name; empty: unknown
  char encoding = 0;         // b or q
  std::string_view text;
  std::size_t end = 0;  // one past it
};

/// What begins with the `=?` at `start`, if it is a word.
std::optional<Word> word_at(std::string_view value, std::size_t start, Charsets& charsets) {
  const std::size_t mark = value.find('?', start + 2);
  if (mark == std::string_view::npos || value.size() - mark < 3 || value[mark + 2] != '?') return std::nullopt;
  const char encoding = value[mark + 1] | 0x20;
  if (encoding != 'b' && encoding != 'q') return std::nullopt;
  const std::size_t end = value.find("?=", mark + 3);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view charset = value.substr(start + 2, mark - start - 2);
  // A language may follow (RFC 2231 5).
  return Word{charsets.known(charset.substr(0, charset.find('*'))), encoding, value.substr(mark + 3, end - mark - 3),
              end + 2};
}

/// RFC 2047 4.2. What is no code stays as it is.
std::string decode_q(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_code =
        text[at] == '=' && text.size() - at > 2 && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
    if (is_code) {
      out += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '_' ? ' ' : text[at];
    }
  }
  return out;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// RFC 2047 4.1. What is no digit is passed over; `=` ends a group, and another may follow (in the next word).
std::string decode_b(std::string_view text) {
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (c == '=') count = 0;
    if (digit < 0) continue;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

/// Adjacent words of one charset and encoding. They are decoded as one, since senders cut characters, and groups of
/// base64, between two words.
class Run {
 public:
  bool is_open() const { return !charset_.empty(); }
  bool goes_on_with(const Word& word) const { return word.charset == charset_ && word.encoding == encoding_; }

  void add(const Word& word) {
    charset_ = word.charset;
    encoding_ = word.encoding;
    text_ += word.text;
  }

  /// What it says; it is empty then.
  std::string take(Charsets& charsets) {
    const std::string bytes = encoding_ == 'b' ? decode_b(text_) : decode_q(text_);
    const std::string_view charset = std::exchange(charset_, {});
    text_.clear();
    return charset.empty() ? std::string() : decode_charset(bytes, charset, bytes.size(), charsets);
  }

 private:
  std::string_view charset_;
  char encoding_ = 0;
  std::string text_;
};

/// White space between two words is no part of the text (RFC 2047 6.2).
std::string decode_words(std::string_view value, Charsets& charsets) {
  const std::size_t last = value.rfind("?=");  // no word begins behind it, however many seem to
  if (last == std::string_view::npos) return std::string(value);
  std::string out;
  Run run;
  std::size_t done = 0;
  for (std::size_t at = value.find("=?"); at < last; at = value.find("=?", at)) {
    const std::optional<Word> word = word_at(value, at, charsets);
    if (!word || word->charset.empty()) {
      at = word ? word->end : at + 2;
      continue;
    }
    const std::string_view between = value.substr(done, at - done);
    const bool adjacent = run.is_open() && trim(between).empty();
    if (!adjacent || !run.goes_on_with(*word)) out += run.take(charsets);
    if (!adjacent) out += between;
    run.add(*word);
    done = at = word->end;
  }
  return out.append(run.take(charsets)).append(value.substr(done));
}

bool is_ascii_but_nul(char c) { return c != 0 && static_cast<unsigned char>(c) < 0x80; }

/// A NUL would end the text for many a reader.
std::string without_nul(std::string text) {
  if (text.find('\0') == std::string::npos) return text;
  std::string out;
  for (const char c : text) {
    if (c == '\0') {
      out += kReplacement;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string decode_header(std::string_view value) {
  Charsets charsets;
  return decode_header(value, charsets);
}

std::string decode_header(std::string_view value, Charsets& charsets) {
  const std::string text = unfold(utf8_prefix(value, kMaxHeader));
  const bool has_words = text.find("=?") != std::string::npos;
  if (!has_words && std::all_of(text.begin(), text.end(), is_ascii_but_nul)) return text;
  // Raw 8-bit is illegal, common, and never labelled.
  std::string utf8 = decode_charset(text, {}, text.size(), charsets);
  if (has_words) utf8 = decode_words(utf8, charsets);
  return without_nul(std::move(utf8));
}

}  // namespace maildrop::mail
