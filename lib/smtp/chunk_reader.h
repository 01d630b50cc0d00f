/// chunk_reader.h: a message that comes in chunks of announced sizes (BDAT, RFC 3030).
///
/// Nothing in a chunk is looked for to find its end: no dot is unstuffed, no sequence ends anything, so nothing can be
/// smuggled. Lines are told apart only to measure them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "smtp/data_reader.h"

namespace maildrop::smtp {

/// Lives from the first chunk of a message to its last. Any split of the bytes gives the same message, and meets the
/// same limit first.
class ChunkReader {
 public:
  enum class Status {
    more,        // everything given was used, or the chunk is over
    header_end,  // the empty line after the header was used; comes once, and only for messages that have one
  };

  /// The next chunk has so many octets. REQUIRES: left() == 0.
  void begin(std::uint64_t octets) { left_ = octets; }
  /// Octets of the chunk that have not come yet.
  std::uint64_t left() const { return left_; }

  /// Reads from `bytes`, up to the end of the chunk, appends to `out`, and says how many were `used`.
  Status read(std::string_view bytes, std::size_t& used, std::string& out);

  /// As DataReader::room().
  std::size_t room(const DataReader::Limits& limits) const;

  bool in_header() const { return in_header_; }               // the empty line has not come yet
  std::size_t header_size() const { return header_size_; }    // bytes up to the empty line and with it, so far
  std::size_t longest_line() const { return longest_line_; }  // bytes with CRLF, so far
  std::size_t size() const { return size_; }                  // bytes of the message, so far
  /// A CR without LF, or an LF without CR, is in it; a CR at its very end too.
  bool bare_newline() const { return bare_ || last_ == '\r'; }

 private:
  void count(std::string_view piece);

  std::uint64_t left_ = 0;
  std::size_t header_size_ = 0;
  std::size_t longest_line_ = 0;
  std::size_t size_ = 0;
  std::size_t line_ = 0;  // bytes of the current line so far
  char last_ = '\n';      // byte before
  bool in_header_ = true;
  bool bare_ = false;
};

}  // namespace maildrop::smtp
