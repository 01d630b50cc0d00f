/// chunk_reader.cc: counting octets, and measuring lines by the way.
#include "smtp/chunk_reader.h"

#include <algorithm>

namespace maildrop::smtp {

/// Counts a piece of one line: it has an LF at its end at most.
void ChunkReader::count(std::string_view piece) {
  // A CR is bare unless an LF follows it, within the piece or behind the one before.
  const std::size_t cr = piece.find('\r');
  const bool crlf = piece.back() == '\n' && (piece.size() > 1 ? piece[piece.size() - 2] : last_) == '\r';
  const bool cr_inside = cr != std::string_view::npos && cr + 1 < piece.size() && !(crlf && cr + 2 == piece.size());
  bare_ = bare_ || cr_inside || (last_ == '\r' && piece.front() != '\n') || (piece.back() == '\n' && !crlf);
  last_ = piece.back();
  size_ += piece.size();
  line_ += piece.size();
  longest_line_ = std::max(longest_line_, line_);
  if (in_header_) header_size_ += piece.size();
  if (!crlf) return;
  if (line_ == 2) in_header_ = false;
  line_ = 0;
}

ChunkReader::Status ChunkReader::read(std::string_view bytes, std::size_t& used, std::string& out) {
  bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_)));
  const bool was_in_header = in_header_;
  std::size_t at = 0;
  while (at < bytes.size() && in_header_ == was_in_header) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    count(bytes.substr(at, end - at));
    at = end;
  }
  out.append(bytes.substr(0, at));
  left_ -= at;
  used = at;
  return in_header_ == was_in_header ? Status::more : Status::header_end;
}

std::size_t ChunkReader::room(const DataReader::Limits& limits) const {
  const auto left = [](std::size_t limit, std::size_t taken) { return limit > taken ? limit - taken : std::size_t{1}; };
  const std::size_t room = std::min(left(limits.size, size_), left(limits.line, line_));
  return in_header_ ? std::min(room, left(limits.header, header_size_)) : room;
}

}  // namespace maildrop::smtp
