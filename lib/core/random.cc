/// random.cc: getrandom(2), written in letters that nobody mistakes for each other.
#include "core/random.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <utility>

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

namespace {

void fill(std::array<char, 256>& pool) {
  // Up to 256 bytes come whole, and are not interrupted (getrandom(2)).
  if (getrandom(pool.data(), pool.size(), 0) == static_cast<ssize_t>(pool.size())) return;
  std::abort();  // a kernel without getrandom: a name that can be guessed would be worse
}

}  // namespace

std::string random_name(std::size_t bytes) {
  // A few names from each call into the kernel; what was given out is wiped.
  thread_local std::array<char, 256> pool;
  thread_local std::size_t left = 0;
  std::string raw;
  while (raw.size() < bytes) {
    if (left == 0) {
      fill(pool);
      left = pool.size();
    }
    char& next = pool[--left];
    raw += std::exchange(next, '\0');
  }
  return base32(raw);
}

}  // namespace maildrop
