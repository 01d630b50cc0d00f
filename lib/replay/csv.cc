/// csv.cc: a character at a time.
#include "replay/csv.h"

#include <string_view>
#include <utility>

namespace maildrop::replay {

namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";  // of byte order, as spreadsheets put it before UTF-8

}  // namespace

Result<int> CsvReader::peek() {
  while (at_ >= piece_.size()) {
    if (ended_) return -1;
    piece_.clear();
    at_ = 0;
    do {
      ended_ = !TRY(more_(piece_));
    } while (!begun_ && !ended_ && piece_.size() < kMark.size());
    if (!std::exchange(begun_, true) && piece_.starts_with(kMark)) at_ = kMark.size();
  }
  return static_cast<unsigned char>(piece_[at_]);
}

tl::unexpected<Error> CsvReader::wrong(const std::string& what) const {
  return fail(Code::invalid, "line " + std::to_string(line_) + ": " + what);
}

Result<std::optional<CsvRow>> CsvReader::next() {
  for (int c = TRY(peek()); c == '\n' || c == '\r'; c = TRY(peek())) {
    if (c == '\n') ++line_;
    take();
  }
  if (TRY(peek()) < 0) return std::nullopt;
  CsvRow row;
  row.line = line_;
  row_ = 0;
  for (bool ended = false; !ended;) {
    std::string& cell = row.cells.emplace_back();
    if (TRY(peek()) == '"') {
      TRY(quoted_cell(cell));
    } else {
      TRY(plain_cell(cell));
    }
    ended = TRY(end_of_cell());
  }
  return row;
}

Result<void> CsvReader::plain_cell(std::string& cell) {
  for (int c = TRY(peek()); c >= 0 && c != ',' && c != '\n'; c = TRY(peek())) {
    if (c == '"') return wrong("a quote within a cell that does not begin with one");
    TRY(add(cell, c));
  }
  if (!cell.empty() && cell.back() == '\r' && TRY(peek()) != ',') cell.pop_back();
  return {};
}

Result<void> CsvReader::quoted_cell(std::string& cell) {
  const std::size_t begun = line_;
  take();
  for (;;) {
    const int c = TRY(peek());
    if (c < 0) return wrong("a quote that was opened in line " + std::to_string(begun) + " is not closed");
    if (c == '"') {
      take();
      if (TRY(peek()) != '"') break;
    }
    if (c == '\n') ++line_;
    TRY(add(cell, c));
  }
  if (TRY(peek()) == '\r') take();
  return {};
}

/// Whether the row ends with it.
Result<bool> CsvReader::end_of_cell() {
  const int c = TRY(peek());
  if (c >= 0 && c != ',' && c != '\n') return wrong("something behind a closing quote");
  if (c == '\n') ++line_;
  if (c >= 0) take();
  return c != ',';
}

Result<void> CsvReader::add(std::string& cell, int c) {
  if (++row_ > kLongestRow) return wrong("a row of more than " + std::to_string(kLongestRow) + " bytes");
  cell += static_cast<char>(c);
  take();
  return {};
}

}  // namespace maildrop::replay
