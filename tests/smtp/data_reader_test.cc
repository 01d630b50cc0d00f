/// data_reader_test.cc: the reader against a naive one that sees all bytes at once.
#include "smtp/data_reader.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using maildrop::smtp::DataReader;
using Status = DataReader::Status;

namespace {

struct Outcome {
  Status status = Status::more;  // the last but header_end
  std::string message;           // of a message that is done
  std::size_t used = 0;          // of a message that is done
  std::size_t header = 0;        // bytes when header_end came; 0: it did not
  std::size_t longest = 0;       // of a message that is done
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::string show(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\0' ? "\\0" : std::string(1, c);
  return out;
}

bool has_newline(std::string_view line) { return line.find_first_of("\r\n") != std::string_view::npos; }

/// RFC 5321 4.1.1.4 and 4.5.2 as one would write them on paper.
Outcome naive(std::string_view bytes, bool tolerate) {
  Outcome outcome;
  std::string message;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) break;
    std::string_view line = bytes.substr(at, end - at);
    const bool empty = line.empty();
    if (!tolerate && has_newline(line)) {
      outcome.status = Status::bare_newline;
      outcome.longest = 0;
      return outcome;
    }
    at = end + 2;
    if (line == ".") {
      outcome.status = Status::done;
      outcome.message = message;
      outcome.used = at;
      return outcome;
    }
    if (line.starts_with('.')) line.remove_prefix(1);
    message.append(line).append("\r\n");
    outcome.longest = std::max(outcome.longest, line.size() + 2);
    if (empty && !outcome.header) outcome.header = message.size();
  }
  outcome.longest = 0;
  std::string_view rest = bytes.substr(at);
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);  // may be half a CRLF
  if (!tolerate && has_newline(rest)) outcome.status = Status::bare_newline;
  return outcome;
}

/// The reader, given `bytes` in the pieces that end at `cuts`.
Outcome read(std::string_view bytes, bool tolerate, const std::vector<std::size_t>& cuts, bool keep = true) {
  DataReader reader(tolerate);
  Outcome outcome;
  std::string message;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    while (at < end) {
      std::size_t used = 0;
      const Status status = reader.read(bytes.substr(at, end - at), used, keep ? &message : nullptr);
      at += used;
      if (status == Status::header_end) {
        CHECK(outcome.header == 0);
        outcome.header = reader.header_size();
        continue;
      }
      outcome.status = status;
      if (status == Status::done) {
        outcome.message = message;
        outcome.used = at;
        outcome.longest = reader.longest_line();
        if (keep && reader.size() != message.size()) FAIL("size() is not the size");
      }
      if (status != Status::more) return outcome;
    }
  }
  return outcome;
}

/// The `number`th text of `length` over the bytes that matter.
std::string soup(std::size_t number, std::size_t length) {
  constexpr std::string_view kBytes("\r\n.a\0", 5);
  std::string text;
  for (std::size_t i = 0; i < length; ++i, number /= kBytes.size()) text += kBytes[number % kBytes.size()];
  return text;
}

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < size; ++at) cuts.push_back(at);
  return cuts;
}

/// Compares without a Catch assertion for each of hundreds of thousands of cases.
bool agrees(const std::string& text, bool tolerate, const std::vector<std::size_t>& cuts) {
  if (read(text, tolerate, cuts) == naive(text, tolerate)) return true;
  UNSCOPED_INFO(show(text) << (tolerate ? " tolerated" : " strict") << " in " << cuts.size() + 1 << " pieces");
  return false;
}

bool has_bare_newline(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("all short byte soups are read as on paper, whole and byte by byte") {
  for (std::size_t length = 1, count = 5; length <= 7; ++length, count *= 5) {
    for (std::size_t number = 0; number < count; ++number) {
      const std::string text = soup(number, length);
      for (const bool tolerate : {false, true})
        if (!agrees(text, tolerate, {}) || !agrees(text, tolerate, every_byte(length))) FAIL("differs");
    }
  }
}

TEST_CASE("long byte soups are read as on paper, however they are split") {
  std::mt19937 random(7);
  constexpr std::string_view kPieces[] = {"\r\n", "\r\n", "\r\n", "\r", "\n", ".", "a", "bc", "\r\n.\r\n", "\r\n.."};
  std::uniform_int_distribution<std::size_t> piece(0, std::size(kPieces) - 1);
  std::uniform_int_distribution<std::size_t> bad(0, 9);
  for (int i = 0; i < 4000; ++i) {
    std::string text;
    const bool clean = i % 2;
    while (text.size() < 60) {
      const std::string_view next = kPieces[piece(random)];
      if (clean && next.size() == 1 && (next == "\r" || next == "\n") && bad(random)) continue;
      text += next;
    }
    std::uniform_int_distribution<std::size_t> anywhere(1, text.size() - 1);
    std::vector<std::size_t> cuts{anywhere(random), anywhere(random), anywhere(random)};
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    for (const bool tolerate : {false, true})
      if (!agrees(text, tolerate, {}) || !agrees(text, tolerate, cuts)) FAIL("differs");
  }
}

TEST_CASE("strict never accepts a message with a bare CR or LF") {
  for (std::size_t number = 0, count = 78125; number < count; ++number) {
    const std::string text = soup(number, 7) + "\r\n.\r\n";
    const Outcome outcome = read(text, false, {});
    if (outcome.status == Status::done && has_bare_newline(text.substr(0, outcome.used))) FAIL(show(text));
  }
}

TEST_CASE("what is not kept is read by the same rules") {
  for (std::size_t number = 0, count = 15625; number < count; ++number) {
    const std::string text = soup(number, 6) + "\r\n.\r\n";
    const Outcome kept = read(text, false, {});
    const Outcome dropped = read(text, false, {}, false);
    if (kept.status != dropped.status || kept.used != dropped.used || kept.longest != dropped.longest) FAIL(show(text));
  }
}

TEST_CASE("a limit is crossed at the same byte however a message is split") {
  const std::string text = "..a\r\nbcdefgh\r\n\r\nijklmnopqrstuvwxyz\r\n..\r\n.\r\n";
  const auto crossed = [&](const DataReader::Limits& limits, std::size_t most) {
    DataReader reader;
    std::size_t at = 0;
    while (at < text.size()) {
      std::size_t used = 0;
      const std::size_t room = std::min(most, reader.room(limits));
      reader.read(std::string_view(text).substr(at, room), used, nullptr);
      at += used;
      if (reader.size() > limits.size) return std::pair('s', at);
      if (reader.header_size() > limits.header) return std::pair('h', at);
      if (reader.longest_line() > limits.line) return std::pair('l', at);
    }
    return std::pair('-', at);
  };
  const std::size_t sizes[] = {0, 1, 2, 5, 6, 9, 10, 15, 16, 20, 38, 39, 40, 100, SIZE_MAX};
  for (const std::size_t size : sizes) {
    for (const std::size_t header : sizes) {
      for (const std::size_t line : sizes) {
        CAPTURE(size, header, line);
        const DataReader::Limits limits{size, header, line};
        const auto whole = crossed(limits, text.size());
        for (const std::size_t most : {1, 2, 3, 5, 11}) CHECK(crossed(limits, most) == whole);
      }
    }
  }
}

TEST_CASE("sizes") {
  DataReader reader;
  std::string message;
  std::size_t used = 0;
  CHECK(reader.read("Subject: x\r\n\r\n..body\r\n.\r\nQUIT\r\n", used, &message) == Status::header_end);
  CHECK(used == 14);
  CHECK(reader.header_size() == 14);
  CHECK(reader.read("..body\r\n.\r\nQUIT\r\n", used, &message) == Status::done);
  CHECK(used == 11);
  CHECK(message == "Subject: x\r\n\r\n.body\r\n");
  CHECK(reader.longest_line() == 12);
  CHECK(reader.size() == message.size());
}
