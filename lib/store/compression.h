/// compression.h: what is kept, made small: zstd (RFC 8878) with a dictionary of what mail has in common.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::store {

inline constexpr int kMostCompression = 12;  // levels: past it the time doubles for a hundredth
/// Levels 1 and 9 are some 25 and 190 us for a message of the public corpus, of 5.6 KB. For what must not wait:
inline constexpr int kFastCompression = 1;

/// The dictionary of all that compress() makes: its number is kept with the bytes. Those of before stay known, and 0
/// stands for bytes that are not compressed.
inline constexpr unsigned kDictionary = 1;

struct CompressOptions {
  int level = kFastCompression;  // 1..kMostCompression; more than 3 only for what is short
  bool checksum = false;         // 4 bytes by which decompress() knows bytes that have rotted
};

/// Nothing where it is no shorter so, or where memory is out. Thread-safe; a thread that has called it keeps up to some
/// megabytes for the next time, which level and not length decides.
std::optional<std::string> compress(std::string_view bytes, const CompressOptions& options);

/// `most` is what may come out at most, whatever the bytes say.
///   corrupt      they are damaged, or of a dictionary that is not known, or more would come out
///   unavailable  memory is out
/// Thread-safe.
Result<std::string> decompress(unsigned dictionary, std::string_view bytes, std::size_t most);

}  // namespace maildrop::store
