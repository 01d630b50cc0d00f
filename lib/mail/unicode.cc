/// unicode.cc: the only file that includes GLib.
#include "mail/unicode.h"

#include <glib.h>

#include <array>
#include <memory>

namespace maildrop::mail {
namespace {

struct Freed {
  void operator()(void* memory) const { g_free(memory); }
};
using OwnedText = std::unique_ptr<char, Freed>;

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

}  // namespace

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

bool is_word(std::string_view utf8) {
  if (utf8.empty() || !g_utf8_validate_len(utf8.data(), utf8.size(), nullptr)) return false;
  for (std::size_t at = 0; at < utf8.size();) {
    const char* here = utf8.data() + at;
    if (!is_word_character(g_utf8_get_char(here))) return false;
    at += static_cast<std::size_t>(g_utf8_next_char(here) - here);
  }
  return true;
}

}  // namespace maildrop::mail
