/// line_reader.h: command lines out of a stream of bytes, in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop::smtp {

/// Only CRLF ends a line (RFC 5321 2.3.8). Any split of the bytes gives the same lines.
class LineReader {
 public:
  enum class Status {
    more,          // everything given was used; the line goes on
    line,          // a line is there
    too_long,      // the line was longer than the limit; it is used up to its CRLF, and `line` is its first kHead bytes
    endless,       // more than kEndless bytes without an end: give up
    bare_newline,  // CR without LF, or LF without CR
  };

  struct Limits {
    std::size_t line = 2048;  // bytes, CRLF counted
    bool tolerate = false;    // a bare LF ends a line; a bare CR belongs to it
  };

  /// How much of a line that is too long is read on, so that its sender hears 500 and not a reset.
  static constexpr std::size_t kEndless = 256 * 1024;

  static constexpr std::size_t kHead = 4;  // a verb

  /// The next byte is the first of a line.
  bool at_start() const { return discarded_ == 0 && (delivered_ || partial_.empty()); }

  /// Reads at most one line from `bytes` and says how many were `used`. With Status::line, `line` is the line without
  /// its end; it stays valid until the next call or until `bytes` goes.
  Status read(std::string_view bytes, const Limits& limits, std::size_t& used, std::string_view& line);

 private:
  std::array<char, kHead> head_{};  // of the line that is dropped
  std::string partial_;             // what came before, with a CR at its end if that was last
  std::size_t discarded_ = 0;       // bytes of a too long line dropped so far; 0: not discarding
  bool delivered_ = false;          // partial_ was handed out and is stale
};

}  // namespace maildrop::smtp
