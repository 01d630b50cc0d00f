/// data_reader.h: the message between 354 and the final dot, taken out of a stream of bytes.
///
/// Only CRLF ends a line and only CRLF.CRLF ends the message (RFC 5321 4.1.1.4). Every other newline is an attack on
/// somebody's parser (SMTP smuggling) or a broken client: it is found and reported, and never ends anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop::smtp {

/// Any split of the bytes gives the same message. The same rules hold while a refused message is discarded.
class DataReader {
 public:
  enum class Status {
    more,          // everything given was used
    header_end,    // the empty line after the header was used; comes once, and only for messages that have one
    done,          // the final dot was used
    bare_newline,  // CR without LF, or LF without CR; not with `tolerate`
  };

  /// What a message may be, in bytes of its content.
  struct Limits {
    std::size_t size;
    std::size_t header;  // empty line included
    std::size_t line;    // CRLF included
  };

  /// `tolerate`: bare CR and LF are content like any other byte.
  explicit DataReader(bool tolerate = false) : tolerate_(tolerate) {}

  /// Reads from `bytes`, appends the message's own bytes (dots unstuffed, nothing else touched) to `out`, or to nothing
  /// when it is null, and says how many bytes were `used`.
  Status read(std::string_view bytes, std::size_t& used, std::string* out);

  /// The most bytes to give to read() at once, so that a limit is crossed by the last of them if at all: then the same
  /// byte crosses it, and the same limit is the first, however the message was split. At least 1.
  std::size_t room(const Limits& limits) const;

  std::size_t header_size() const { return header_size_; }    // bytes up to the empty line and with it, so far
  bool in_header() const { return in_header_; }               // the empty line has not come yet
  std::size_t longest_line() const { return longest_line_; }  // bytes with CRLF, so far
  std::size_t size() const { return size_; }                  // bytes of the message, so far

 private:
  enum class State : unsigned char { line_start, in_line, cr, dot, dot_cr };

  void emit(std::string_view bytes, std::string* out);
  /// true: that was the empty line after the header.
  bool end_line();
  Status in_line(std::string_view bytes, std::size_t& at, std::string* out);

  std::size_t header_size_ = 0;
  std::size_t longest_line_ = 0;
  std::size_t size_ = 0;
  std::size_t line_ = 0;  // bytes of the current line so far
  State state_ = State::line_start;
  bool in_header_ = true;
  bool tolerate_;
};

}  // namespace maildrop::smtp
