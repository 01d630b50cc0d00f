/// packed_parts.h: numbers, texts and tagged parts as bytes: what the stored formats are made of. A number is
/// little-endian base 128 (seven bits a byte), a text its length and its bytes, a part its tag and a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace maildrop::store {

inline constexpr std::size_t kMostPartHead = 11;  // bytes of a part beside its own, with a tag below 128

void put_number(std::uint64_t value, std::string& out);
void put_text(std::string_view text, std::string& out);
void put_part(unsigned tag, std::string_view bytes, std::string& out);

/// Reads what these wrote; after the first fault everything is empty and `bad` is set. Its views are of `rest`.
struct PackedReader {
  std::string_view rest;
  bool bad = false;

  std::uint64_t number();
  std::string_view text();
};

}  // namespace maildrop::store
