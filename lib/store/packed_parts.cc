/// packed_parts.cc: lengths that a damaged row claims are held against what is there.
#include "store/packed_parts.h"

namespace maildrop::store {

void put_number(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_text(std::string_view text, std::string& out) {
  put_number(text.size(), out);
  out.append(text);
}

void put_part(unsigned tag, std::string_view bytes, std::string& out) {
  put_number(tag, out);
  put_text(bytes, out);
}

std::uint64_t PackedReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  bad = true;
  return 0;
}

std::string_view PackedReader::text() {
  const std::uint64_t size = number();
  if (size > rest.size()) bad = true;
  if (bad) return {};
  const std::string_view found = rest.substr(0, size);
  rest.remove_prefix(size);
  return found;
}

}  // namespace maildrop::store
