/// random.cc: getrandom(2), written in letters that nobody mistakes for each other.
#include "core/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace maildrop {

std::string base32(std::string_view bytes) {
  static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  unsigned bits = 0;  // in `rest`, not yet written
  unsigned rest = 0;
  for (const char c : bytes) {
    rest = (rest << 8 | static_cast<unsigned char>(c)) & 0xFFF;  // at most 4 old bits and 8 new ones
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[rest >> (bits - 5) & 31];
  }
  if (bits > 0) out += kAlphabet[rest << (5 - bits) & 31];
  return out;
}

std::string random_name(std::size_t bytes) {
  std::string raw(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const ssize_t n = getrandom(raw.data() + filled, bytes - filled, 0);
    if (n > 0) {
      filled += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      std::abort();  // a kernel without getrandom: a name that can be guessed would be worse
    }
  }
  return base32(raw);
}

}  // namespace maildrop
