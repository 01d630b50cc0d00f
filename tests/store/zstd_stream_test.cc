/// zstd_stream_test.cc: what goes in comes out, in pieces of any size; what is damaged or cut off is told.
#include "store/zstd_stream.h"

#include <catch2/catch.hpp>

namespace maildrop::store {
namespace {

std::string packed(std::string_view text, std::size_t piece = SIZE_MAX) {
  std::string out;
  const auto sink = [&](std::string_view bytes) {
    out += bytes;
    return Result<void>();
  };
  auto writer = ZstdWriter::make(sink, 3);
  REQUIRE(writer);
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
    REQUIRE(writer->write(text.substr(at, piece)));
  REQUIRE(writer->finish());
  return out;
}

ZstdReader reader_of(const std::string& bytes, std::size_t piece = SIZE_MAX) {
  auto reader = ZstdReader::make([&bytes, piece, at = std::size_t{0}](char* to, std::size_t size) mutable {
    const std::size_t n = bytes.copy(to, std::min(size, piece), at);
    at += n;
    return Result<std::size_t>(n);
  });
  REQUIRE(reader);
  return std::move(*reader);
}

/// Text that does not grow small, of lines.
std::string noise(std::size_t size) {
  std::string text(size, ' ');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = state >> 24 == 0 ? '\n' : static_cast<char>('0' + (state >> 25) % 64);
  }
  return text;
}

TEST_CASE("a stream of zstd: lines and bytes come back, whatever the pieces") {
  const std::string body = noise(700'000) + std::string(3'000'000, 'x');
  const std::string whole = packed("first\n\n" + body + "\nlast\n", 1000);
  CHECK(whole.size() < 700'000);
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1000}, std::size_t{1}}) {
    ZstdReader reader = reader_of(whole, piece);
    CHECK(reader.line(100).value() == "first");
    CHECK(reader.line(100).value() == "");
    CHECK(reader.bytes(0) == "");
    CHECK(reader.bytes(body.size()) == body);
    CHECK(reader.line(100).value() == "");
    CHECK(reader.line(4).value() == "last");
    CHECK(reader.line(100).value() == std::nullopt);
  }
}

TEST_CASE("a stream of zstd: files put one behind the other are one, and nothing at all is an end") {
  const std::string two = packed("a\nb") + packed("c\n");
  ZstdReader reader = reader_of(two);
  CHECK(reader.line(9).value() == "a");
  CHECK(reader.line(9).value() == "bc");
  CHECK(reader.line(9).value() == std::nullopt);
  const std::string nothing;
  CHECK(reader_of(nothing).line(9).value() == std::nullopt);
}

TEST_CASE("a stream of zstd: cut off anywhere, it is corrupt") {
  const std::string whole = packed("one\ntwo\n");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string part = whole.substr(0, size);
    ZstdReader reader = reader_of(part);
    Result<std::optional<std::string>> line = reader.line(100);
    while (line && *line) line = reader.line(100);
    REQUIRE(!line);
    CHECK(line.error().code == Code::corrupt);
    const auto bytes = reader_of(part).bytes(9);
    REQUIRE(!bytes);
    CHECK(bytes.error().what == "cut off");
  }
}

TEST_CASE("a stream of zstd: no bit of it can change unseen") {
  const std::string text = noise(200) + "\n", whole = packed(text);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      ZstdReader reader = reader_of(bad);
      const auto bytes = reader.bytes(text.size());
      const auto end = reader.line(100);
      CHECK((!bytes || !end || (*bytes == text && !*end)));  // a bit of the header may mean nothing
    }
  }
}

TEST_CASE("a stream of zstd: a line has its limit, and so has what a number asks for") {
  const std::string whole = packed("12345\nrest");
  CHECK(reader_of(whole).line(5).value() == "12345");
  const auto line = reader_of(whole).line(4);
  REQUIRE(!line);
  CHECK(line.error().code == Code::corrupt);
  const auto bytes = reader_of(whole).bytes(std::size_t{1} << 60);
  REQUIRE(!bytes);
  CHECK(bytes.error().code == Code::corrupt);
}

TEST_CASE("a stream of zstd: errors of the sink and of the source come through") {
  auto writer =
      ZstdWriter::make([](std::string_view) { return Result<void>(fail(Code::unavailable, "disk full")); }, 3);
  REQUIRE(writer);
  REQUIRE(writer->write("text"));
  const auto finished = writer->finish();
  REQUIRE(!finished);
  CHECK(finished.error().what == "disk full");
  auto reader =
      ZstdReader::make([](char*, std::size_t) { return Result<std::size_t>(fail(Code::unavailable, "EIO")); });
  REQUIRE(reader);
  const auto line = reader->line(9);
  REQUIRE(!line);
  CHECK(line.error().what == "EIO");
}

}  // namespace
}  // namespace maildrop::store
