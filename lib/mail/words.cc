/// words.cc: the only file that includes GMime and GLib.
///
/// Why GMime sees single capped values only: its parser recurses on hostile address groups and keeps every part and
/// header line, so a stranger chooses its stack and heap. Its word decoder, transfer decoders and converters do
/// neither. It also remembers every charset name it is asked for, for ever; so only names that iconv knows reach it,
/// and those are finitely many.
#include "mail/words.h"

#include <glib.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/text.h"
#include "mail/headers.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kMaxHeader = 16 * 1024;  // bytes of a value that are decoded
constexpr std::size_t kMaxChanges = 16;        // of charset in one value: GMime opens each anew (1 us while it is kept)
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// At the first use and not at start: it costs 5 ms, and many processes never decode a word.
void init_once() {
  static std::once_flag flag;
  std::call_once(flag, [] { g_mime_init(); });
}

struct Freed {
  void operator()(void* memory) const { g_free(memory); }
};
using OwnedText = std::unique_ptr<char, Freed>;

std::string decode_words(const std::string& text) {
  const OwnedText decoded(g_mime_utils_header_decode_text(nullptr, text.c_str()));
  std::string out = decoded ? decoded.get() : "";
  return out.empty() ? text : out;
}

/// Where the word that begins with the `=?` at `start` ends, or npos when it is none. RFC 2047 2.
std::size_t word_end(std::string_view text, std::size_t start) {
  const std::size_t encoding = text.find('?', start + 2);
  if (encoding == std::string_view::npos || text.size() - encoding < 3 || text[encoding + 2] != '?')
    return std::string_view::npos;
  const std::size_t end = text.find("?=", encoding + 3);
  return end == std::string_view::npos ? end : end + 2;
}

/// A word in an unknown charset is kept from GMime, which would remember the name and guess at the bytes; it stays as
/// it is written.
std::string decode_known_words(std::string_view text, Charsets& charsets) {
  std::string out;
  std::size_t done = 0;
  std::size_t changes = 0;
  std::string_view last;
  bool known = false;
  for (std::size_t at = text.find("=?"); at != std::string_view::npos; at = text.find("=?", at)) {
    const std::size_t end = word_end(text, at);
    if (end == std::string_view::npos) {
      at += 2;
      continue;
    }
    const std::string_view field = text.substr(at + 2, text.find('?', at + 2) - at - 2);
    const std::string_view charset = field.substr(0, field.find('*'));  // RFC 2231 5: a language may follow
    if (charset != last) {
      if (++changes > kMaxChanges) {
        if (at > done) out += decode_words(std::string(text.substr(done, at - done)));
        return out.append(text.substr(at));
      }
      last = charset;
      known = !charsets.known(charset).empty();
    }
    if (!known) {
      if (at > done) out += decode_words(std::string(text.substr(done, at - done)));
      out += text.substr(at, end - at);
      done = end;
    }
    at = end;
  }
  const std::string_view rest = text.substr(done);
  return rest.empty() ? out : out + decode_words(std::string(rest));
}

void replace_nul(std::string& text) {
  for (std::size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at))
    text.replace(at, 1, kReplacement);
}

}  // namespace

std::string decode_header(std::string_view value) {
  Charsets charsets;
  return decode_header(value, charsets);
}

std::string decode_header(std::string_view value, Charsets& charsets) {
  std::string text = unfold(utf8_prefix(value, kMaxHeader));
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool has_words = text.find("=?") != std::string::npos;
  if (!ascii)
    text = decode_charset(text, {}, text.size(), charsets);  // raw 8-bit is illegal, common, and never labelled
  if (!has_words) return text;
  init_once();
  replace_nul(text);  // GMime takes C strings
  return valid_utf8(decode_known_words(text, charsets));
}

Result<std::string> fold_name(std::string_view utf8) {
  if (!g_utf8_validate_len(utf8.data(), utf8.size(), nullptr)) return fail(Code::invalid, "not valid UTF-8");
  const auto compose = [](const std::string& text) {
    const OwnedText out(g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_NFC));
    return std::string(out.get());
  };
  const std::string composed = compose(std::string(utf8));
  std::string lower;
  for (const char* at = composed.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
    // By character: g_utf8_strdown() follows the locale, and a name must not change with it.
    std::array<char, 6> buffer;
    const int size = g_unichar_to_utf8(g_unichar_tolower(g_utf8_get_char(at)), buffer.data());
    lower.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return compose(lower);
}

namespace {

/// Letters and marks that show nothing (Default_Ignorable_Code_Point among L* and M*): two names that look alike.
bool is_invisible(gunichar c) {
  return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 || (c >= 0x180B && c <= 0x180F) ||
         c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFFA0 || (c >= 0xE0100 && c <= 0xE01EF);
}

bool is_word_character(gunichar c) {
  switch (g_unichar_type(c)) {
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_DECIMAL_NUMBER: return !is_invisible(c);
    default: return false;
  }
}

bool is_base64(char c) { return g_ascii_isalnum(c) || c == '+' || c == '/' || c == '='; }

}  // namespace

bool is_word(std::string_view utf8) {
  if (utf8.empty() || !g_utf8_validate_len(utf8.data(), utf8.size(), nullptr)) return false;
  for (std::size_t at = 0; at < utf8.size();) {
    const char* here = utf8.data() + at;
    if (!is_word_character(g_utf8_get_char(here))) return false;
    at += static_cast<std::size_t>(g_utf8_next_char(here) - here);
  }
  return true;
}

void decode_transfer(std::string_view bytes, std::string_view encoding,
                     const std::function<bool(std::string_view)>& take) {
  constexpr std::size_t kStep = 64 * 1024;
  const bool base64 = encoding == "base64";
  if (!base64 && encoding != "quoted-printable") {
    take(bytes);
    return;
  }
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, base64 ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  std::string buffer;
  std::size_t digits = 0;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kStep);
    bytes.remove_prefix(piece.size());
    digits += static_cast<std::size_t>(std::count_if(piece.begin(), piece.end(), is_base64));
    buffer.resize(g_mime_encoding_outlen(&state, piece.size()));
    const std::size_t size = g_mime_encoding_step(&state, piece.data(), piece.size(), buffer.data());
    if (!take(std::string_view(buffer).substr(0, size))) return;
  }
  // A last group without its padding still holds bytes.
  const std::string_view padding =
      base64 ? std::string_view("===").substr(0, (4 - digits % 4) % 4) : std::string_view();
  buffer.resize(g_mime_encoding_outlen(&state, padding.size()) + 16);
  const std::size_t size = g_mime_encoding_flush(&state, padding.data(), padding.size(), buffer.data());
  take(std::string_view(buffer).substr(0, size));
}

std::string decode_transfer(std::string_view bytes, std::string_view encoding, std::size_t max) {
  std::string out;
  decode_transfer(bytes, encoding, [&](std::string_view piece) {
    out += piece.substr(0, max - out.size());
    return out.size() < max;
  });
  return out;
}

}  // namespace maildrop::mail
