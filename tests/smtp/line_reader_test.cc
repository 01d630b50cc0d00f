/// line_reader_test.cc: the reader against a naive one that sees all bytes at once.
#include "smtp/line_reader.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using maildrop::smtp::LineReader;
using Status = LineReader::Status;

namespace {

constexpr std::size_t kLimit = 6;  // of a line, so that short soups reach it

struct Event {
  Status status;
  std::string line;
  friend bool operator==(const Event&, const Event&) = default;
};
using Events = std::vector<Event>;

std::string show(const std::string& bytes, const Events& events) {
  std::string out;
  for (const char c : bytes) out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string(1, c);
  for (const Event& event : events) out += " | " + std::to_string(static_cast<int>(event.status)) + " " + event.line;
  return out;
}

/// Byte after byte: LF ends a line; strict wants CR before each LF and LF behind each CR.
Events naive(const std::string& bytes, bool tolerate) {
  Events events;
  std::string line;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool lf = bytes[i] == '\n';
    const bool cr_before = i > 0 && bytes[i - 1] == '\r';
    if (!tolerate && lf != cr_before) {
      events.push_back({Status::bare_newline, {}});
      return events;
    }
    line += bytes[i];
    if (!lf) continue;
    if (line.size() > kLimit) {
      events.push_back({Status::too_long, line.substr(0, LineReader::kHead)});
    } else {
      line.pop_back();
      if (line.ends_with('\r')) line.pop_back();
      events.push_back({Status::line, line});
    }
    line.clear();
  }
  return events;
}

/// Each piece is a copy that goes away, so that a line kept by reference would be seen by ASan.
Events read(const std::string& bytes, bool tolerate, const std::vector<std::size_t>& cuts) {
  LineReader reader;
  const LineReader::Limits limits{kLimit, tolerate};
  Events events;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    const std::string piece = bytes.substr(at, end - at);
    at = end;
    std::string_view rest = piece;
    while (!rest.empty()) {
      std::size_t used = 0;
      std::string_view line;
      const Status status = reader.read(rest, limits, used, line);
      rest.remove_prefix(used);
      if (status == Status::more) continue;
      events.push_back({status, std::string(line)});
      if (status == Status::bare_newline || status == Status::endless) return events;
    }
  }
  return events;
}

void compare(const std::string& text, bool tolerate, const std::vector<std::size_t>& cuts) {
  const Events got = read(text, tolerate, cuts);
  if (got != naive(text, tolerate)) FAIL(show(text, got) << (tolerate ? " tolerated, " : " strict, ") << cuts.size());
}

}  // namespace

TEST_CASE("all short byte soups give the same lines, whole, halved and byte by byte") {
  constexpr std::string_view kBytes = "\r\na";
  for (std::size_t length = 1, count = 3; length <= 9; ++length, count *= 3) {
    std::vector<std::size_t> every;
    for (std::size_t at = 1; at < length; ++at) every.push_back(at);
    for (std::size_t number = 0; number < count; ++number) {
      std::string text;
      for (std::size_t i = 0, n = number; i < length; ++i, n /= 3) text += kBytes[n % 3];
      for (const bool tolerate : {false, true}) {
        compare(text, tolerate, {});
        compare(text, tolerate, every);
        compare(text, tolerate, {length / 2});
      }
    }
  }
}

TEST_CASE("lines in random pieces") {
  std::mt19937 random(3);
  std::uniform_int_distribution<std::size_t> length(0, 9);
  std::uniform_int_distribution<std::size_t> step(1, 7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int line = 0; line < 8; ++line) text += std::string(length(random), 'a') + "\r\n";
    std::vector<std::size_t> cuts;
    for (std::size_t at = step(random); at < text.size(); at += step(random)) cuts.push_back(at);
    compare(text, false, cuts);
  }
}

TEST_CASE("an endless line ends at the same byte however it comes, and its memory is bounded") {
  const std::string endless(LineReader::kEndless + 10, 'a');
  for (const std::size_t piece : {endless.size(), std::size_t{1}, std::size_t{4096}}) {
    LineReader reader;
    std::size_t at = 0;
    Status status = Status::more;
    while (status == Status::more && at < endless.size()) {
      std::size_t used = 0;
      std::string_view line;
      status = reader.read(std::string_view(endless).substr(at, piece), {2048, false}, used, line);
      at += used;
    }
    CAPTURE(piece);
    CHECK(status == Status::endless);
    CHECK(at == LineReader::kEndless + 1);
  }
}

TEST_CASE("a line behind one that was too long is a line") {
  LineReader reader;
  std::size_t used = 0;
  std::string_view line;
  CHECK(reader.at_start());
  CHECK(reader.read("aaaaaaaaaa", {6, false}, used, line) == Status::more);
  CHECK_FALSE(reader.at_start());
  CHECK(reader.read("a\r\nNOOP\r\n", {6, false}, used, line) == Status::too_long);
  CHECK(used == 3);
  CHECK(reader.at_start());
  CHECK(reader.read("NOOP\r\n", {6, false}, used, line) == Status::line);
  CHECK(line == "NOOP");
  CHECK(reader.read("NO", {6, false}, used, line) == Status::more);
  CHECK(reader.read("OP\r\n", {6, false}, used, line) == Status::line);
  CHECK(line == "NOOP");
  CHECK(reader.at_start());
}

TEST_CASE("of a line that was too long the verb is known, however it was split") {
  const std::string text = "bdat          6 LAST\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineReader reader;
    LineReader::Status status = Status::more;
    std::string_view line;
    for (std::size_t at = 0; at < text.size() && status == Status::more;) {
      std::size_t used = 0;
      status = reader.read(std::string_view(text).substr(at, piece), {6, false}, used, line);
      at += used;
    }
    CAPTURE(piece);
    CHECK(status == Status::too_long);
    CHECK(line == "bdat");
  }
}
