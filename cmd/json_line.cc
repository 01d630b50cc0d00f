/// json_line.cc: escapes what a terminal would act on.
#include "json_line.h"

#include <cstdio>

#include "core/text.h"

namespace maildrop::cmd {
namespace {

std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/// `bytes` is one character of valid UTF-8.
std::string escaped(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  unsigned point = bytes.size() == 1 ? lead : lead & (0xffu >> (bytes.size() + 1));
  for (const char c : bytes.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  char out[16];
  if (point < 0x10000) {
    std::snprintf(out, sizeof out, "\\u%04x", point);
  } else {
    std::snprintf(out, sizeof out, "\\u%04x\\u%04x", 0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff));
  }
  return out;
}

}  // namespace

std::string json_line(const Json& object) {
  const std::string text = api::to_text(object);
  std::string out;
  out.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character =
        std::string_view(text).substr(at, sequence_length(static_cast<unsigned char>(text[at])));
    const bool plain = character.size() == 1 ? character[0] != '\x7f' : terminal_safe(character) == character;
    out += plain ? std::string(character) : escaped(character);
    at += character.size();
  }
  return out + "\n";
}

}  // namespace maildrop::cmd
