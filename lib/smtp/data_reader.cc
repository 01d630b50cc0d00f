/// data_reader.cc: a state machine over line starts; inside a line, memchr does the work.
#include "smtp/data_reader.h"

#include <algorithm>
#include <cstring>

namespace maildrop::smtp {

namespace {

std::size_t find(std::string_view bytes, std::size_t from, std::size_t to, char wanted) {
  const void* found = from < to ? std::memchr(bytes.data() + from, wanted, to - from) : nullptr;
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : to;
}

}  // namespace

void DataReader::emit(std::string_view bytes, std::string* out) {
  if (out) out->append(bytes);
  size_ += bytes.size();
  line_ += bytes.size();
  longest_line_ = std::max(longest_line_, line_);
  if (in_header_) header_size_ += bytes.size();
}

bool DataReader::end_line() {
  const bool empty = line_ == 2;
  line_ = 0;
  state_ = State::line_start;
  if (!in_header_ || !empty) return false;
  in_header_ = false;
  return true;
}

/// From `at` to the end of the line or of the bytes. Status::header_end: a line ended, and the header with it.
DataReader::Status DataReader::in_line(std::string_view bytes, std::size_t& at, std::string* out) {
  const std::size_t size = bytes.size();
  const std::size_t lf = find(bytes, at, size, '\n');
  std::size_t cr = find(bytes, at, lf, '\r');
  if (cr + 1 < lf && !tolerate_) return Status::bare_newline;
  while (cr + 1 < lf) cr = find(bytes, cr + 1, lf, '\r');
  const bool crlf = cr + 1 == lf && cr < lf;
  if (lf == size) {
    // No line end in sight. A CR in the last place waits for what follows it.
    state_ = crlf ? State::cr : State::in_line;
    emit(bytes.substr(at, (crlf ? cr : size) - at), out);
    at = size;
    return Status::more;
  }
  if (!crlf && !tolerate_) return Status::bare_newline;
  emit(bytes.substr(at, lf + 1 - at), out);
  at = lf + 1;
  if (crlf) return end_line() ? Status::header_end : Status::more;
  state_ = State::in_line;  // a tolerated LF ends nothing: a dot behind it is a dot
  return Status::more;
}

std::size_t DataReader::room(const Limits& limits) const {
  // A CR that waits for its LF is not counted yet.
  const std::size_t held = state_ == State::cr || state_ == State::dot_cr ? 1 : 0;
  const auto left = [held](std::size_t limit, std::size_t used) {
    return limit > used + held ? limit - used - held : std::size_t{1};
  };
  const std::size_t room = std::min(left(limits.size, size_), left(limits.line, line_));
  return in_header_ ? std::min(room, left(limits.header, header_size_)) : room;
}

DataReader::Status DataReader::read(std::string_view bytes, std::size_t& used, std::string* out) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const char c = bytes[at];
    used = at;
    switch (state_) {
      case State::line_start:
        if (c == '.') {
          state_ = State::dot;
          ++at;
          break;
        }
        [[fallthrough]];
      case State::in_line: {
        const Status status = in_line(bytes, at, out);
        used = at;
        if (status != Status::more) return status;
        break;
      }
      case State::cr:
        if (c == '\n') {
          emit("\r\n", out);
          used = ++at;
          if (end_line()) return Status::header_end;
        } else {
          if (!tolerate_) return Status::bare_newline;
          emit("\r", out);
          state_ = State::in_line;
        }
        break;
      case State::dot:
        // The first dot of a line is the sender's stuffing (RFC 5321 4.5.2): it is not part of the message.
        if (c == '\r') {
          state_ = State::dot_cr;
          ++at;
        } else {
          if (c == '\n' && !tolerate_) return Status::bare_newline;
          state_ = State::in_line;
        }
        break;
      case State::dot_cr:
        if (c == '\n') {
          used = at + 1;
          return Status::done;
        }
        if (!tolerate_) return Status::bare_newline;
        // The CR is content; this byte may be another CR, so it is looked at again as the one behind a CR.
        state_ = State::cr;
        break;
    }
  }
  used = bytes.size();
  return Status::more;
}

}  // namespace maildrop::smtp
