/// backup_kit.h: backups in memory.
#pragma once

#include <catch2/catch.hpp>

#include "store/backup_file.h"

namespace maildrop::store::test {

inline Sink into(std::string& out) {
  return [&out](std::string_view bytes) {
    out += bytes;
    return Result<void>();
  };
}

inline Fill out_of(const std::string& bytes) {
  return [&bytes, at = std::size_t{0}](char* to, std::size_t size) mutable {
    const std::size_t n = bytes.copy(to, size, at);
    at += n;
    return Result<std::size_t>(n);
  };
}

/// Text as a stream of zstd.
inline std::string zstd_of(std::string_view text) {
  std::string out;
  auto writer = ZstdWriter::make(into(out), 1);
  REQUIRE(writer);
  REQUIRE(writer->write(text));
  REQUIRE(writer->finish());
  return out;
}

/// Such a stream as text.
inline std::string text_of(const std::string& bytes) {
  auto reader = ZstdReader::make(out_of(bytes));
  REQUIRE(reader);
  std::string text;
  for (auto line = reader->line(1u << 30); line && *line; line = reader->line(1u << 30)) text += **line + "\n";
  return text;
}

}  // namespace maildrop::store::test
