/// transfer.cc: the only file that includes GMime.
///
/// It sees transfer encodings only, a step at a time. Its parser recurses on hostile address groups and keeps every
/// part and header line, so a stranger would choose its stack and heap; for its words see words.cc.
#include "mail/transfer.h"

#include <gmime/gmime.h>

#include <algorithm>

namespace maildrop::mail {
namespace {

bool is_base64(char c) { return g_ascii_isalnum(c) || c == '+' || c == '/' || c == '='; }

}  // namespace

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
