/// zstd_stream.h: a long stream of bytes as zstd(1) writes and reads it (RFC 8878), with a checksum at its end.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::store {

/// Takes the next bytes of a stream, all of them.
using Sink = std::function<Result<void>(std::string_view bytes)>;
/// The next bytes of a stream, at most `size`, into `to`; how many. 0: the end.
using Fill = std::function<Result<std::size_t>(char* to, std::size_t size)>;

/// Not thread-safe. Blocks as its sink does. After an error it is of no more use.
class ZstdWriter {
 public:
  /// unavailable: memory is out.
  static Result<ZstdWriter> make(Sink sink, int level);
  ZstdWriter(ZstdWriter&&) noexcept;
  ZstdWriter& operator=(ZstdWriter&&) noexcept;
  ~ZstdWriter();

  Result<void> write(std::string_view bytes);
  /// Without it a reader finds a stream that was cut off.
  Result<void> finish();

 private:
  struct State;
  explicit ZstdWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Not thread-safe. Blocks as its source does. Needs some 8 MB for what ZstdWriter wrote, and 128 MB at most for what
/// others did; more is refused. Errors of all calls, but for those of the source:
///   corrupt      damaged, or cut off
///   unavailable  memory is out
class ZstdReader {
 public:
  static Result<ZstdReader> make(Fill fill);
  /// For a stream that somebody else unpacks: its bytes as they are.
  static ZstdReader of_plain(Fill fill);
  ZstdReader(ZstdReader&&) noexcept;
  ZstdReader& operator=(ZstdReader&&) noexcept;
  ~ZstdReader();

  /// Up to the next newline, which is taken and not given. Nothing: the stream is at its end, and was whole. corrupt,
  /// too, for a line of more than `most` bytes, or without an end.
  Result<std::optional<std::string>> line(std::size_t most);
  /// Exactly so many bytes. Memory grows as they come, whatever `size` says.
  Result<std::string> bytes(std::size_t size);

 private:
  struct State;
  explicit ZstdReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace maildrop::store
