/// repeat.h: much of the same, for what must be bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop::mail::test {

inline std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  out.reserve(piece.size() * times);
  while (times-- > 0) out += piece;
  return out;
}

}  // namespace maildrop::mail::test
