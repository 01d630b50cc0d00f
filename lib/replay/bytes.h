/// bytes.h: bytes that come one after the other, wherever they lie: in a file, on standard input, packed in one of
/// these.
#pragma once

#include <cstddef>

#include "core/result.h"

namespace maildrop::replay {

inline constexpr std::size_t kPiece = 64u << 10;  // bytes of one read

/// Implementations: place.cc (files and standard input), archive.cc (what is packed, and what is in an archive). Not
/// thread-safe. Blocking. After an error or the end it is of no more use.
class Bytes {
 public:
  virtual ~Bytes() = default;
  /// At most `size` more into `to`; how many. 0: the end. An error names what the bytes are of:
  ///   unavailable  it cannot be read, or was given up
  ///   invalid      it is damaged, or cut off
  virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
};

}  // namespace maildrop::replay
