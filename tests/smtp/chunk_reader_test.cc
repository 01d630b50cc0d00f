/// chunk_reader_test: what is counted in chunks, at every split.
#include "smtp/chunk_reader.h"

#include <catch2/catch.hpp>

using namespace maildrop::smtp;

namespace {

struct Seen {
  std::string text;
  std::size_t header = 0;
  std::size_t longest = 0;
  bool bare = false;
  bool header_ended = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// The message in chunks of `size` octets each, given in pieces of `piece` bytes.
Seen read(std::string_view message, std::size_t size, std::size_t piece) {
  ChunkReader reader;
  Seen seen;
  for (std::size_t at = 0; at < message.size(); at += size) {
    std::string_view chunk = message.substr(at, size);
    reader.begin(chunk.size());
    std::string_view given = message.substr(at);  // what follows the chunk is not read
    while (reader.left() > 0) {
      std::size_t used = 0;
      if (reader.read(given.substr(0, piece), used, seen.text) == ChunkReader::Status::header_end) {
        CHECK_FALSE(seen.header_ended);
        seen.header_ended = true;
      }
      REQUIRE(used > 0);
      given.remove_prefix(used);
    }
  }
  seen.header = reader.header_size();
  seen.longest = reader.longest_line();
  seen.bare = reader.bare_newline();
  CHECK(reader.size() == message.size());
  CHECK(reader.in_header() != seen.header_ended);
  return seen;
}

}  // namespace

TEST_CASE("chunk reader: the same is seen however chunks and pieces fall") {
  struct Case {
    std::string message;
    std::size_t header, longest;
    bool bare, ended;
  };
  const std::vector<Case> cases = {
      {"A: b\r\n\r\nbody line\r\n", 8, 11, false, true},
      {"A: b\r\n", 6, 6, false, false},
      {"\r\nx", 2, 2, false, true},
      {"a\nb\r\n\r\n", 7, 5, true, true},
      {"a\rb\r\n", 5, 5, true, false},
      {"a\r\r\n", 4, 4, true, false},
      {"a\r\n\r", 4, 3, true, false},
      {"\n", 1, 1, true, false},
      {"..\r\n.\r\n\r\n", 9, 4, false, true},
  };
  for (const Case& c : cases) {
    const Seen wanted{c.message, c.header, c.longest, c.bare, c.ended};
    for (std::size_t size = 1; size <= c.message.size(); ++size)
      for (std::size_t piece = 1; piece <= c.message.size(); ++piece) {
        INFO(c.message << " in chunks of " << size << " and pieces of " << piece);
        CHECK(read(c.message, size, piece) == wanted);
      }
  }
}

TEST_CASE("chunk reader: room ends where a limit is crossed, and is never nothing") {
  ChunkReader reader;
  std::string out;
  std::size_t used = 0;
  CHECK(reader.room({100, 50, 20}) == 20);
  reader.begin(18);
  reader.read("0123456789abcdef\r\n", used, out);
  CHECK(reader.room({100, 50, 20}) == 20);
  CHECK(reader.room({100, 20, 30}) == 2);
  CHECK(reader.room({18, 50, 20}) == 1);
}
