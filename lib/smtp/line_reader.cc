/// line_reader.cc: finding CRLF, and nothing but CRLF.
#include "smtp/line_reader.h"

#include <cstring>

namespace maildrop::smtp {

LineReader::Status LineReader::read(std::string_view bytes, const Limits& limits, std::size_t& used,
                                    std::string_view& line) {
  if (delivered_) {
    partial_.clear();
    delivered_ = false;
  }
  const std::size_t before = discarded_ ? discarded_ : partial_.size();
  bytes = bytes.substr(0, kEndless + 1 - before);  // so that endless comes at the same byte however the bytes are split
  const void* found = bytes.empty() ? nullptr : std::memchr(bytes.data(), '\n', bytes.size());
  const std::size_t end =
      found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : bytes.size();
  used = found ? end + 1 : end;
  const std::string_view piece = bytes.substr(0, end);

  // A CR is bare unless the next byte is LF: look inside the piece, and at a CR that ended the last one.
  const std::size_t cr = piece.find('\r');
  const bool held_cr = !partial_.empty() && partial_.back() == '\r';
  const bool bare_cr = (held_cr && !piece.empty()) || (cr != std::string_view::npos && cr + 1 < piece.size());
  const bool ends_in_cr = piece.empty() ? held_cr : piece.back() == '\r';
  const bool bare_lf = found && !ends_in_cr;
  if (!limits.tolerate && (bare_cr || bare_lf)) return Status::bare_newline;

  if (discarded_ || before + used > limits.line) {
    if (!discarded_) {
      const std::size_t kept = partial_.copy(head_.data(), kHead);
      piece.copy(head_.data() + kept, kHead - kept);
    }
    discarded_ = before + used;
    // One byte is remembered: the CR that a coming LF needs.
    partial_.assign(ends_in_cr ? "\r" : "");
    if (discarded_ > kEndless) return Status::endless;
    if (!found) return Status::more;
    discarded_ = 0;
    partial_.clear();
    line = {head_.data(), head_.size()};
    return Status::too_long;
  }
  if (!found) {
    partial_.append(piece);
    return Status::more;
  }
  if (partial_.empty()) {
    line = piece;
  } else {
    partial_.append(piece);
    line = partial_;
    delivered_ = true;
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return Status::line;
}

}  // namespace maildrop::smtp
