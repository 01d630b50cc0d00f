/// packed_summary.cc: a format byte, three numbers, six texts or seven. Numbers are little-endian base 128 (seven bits
/// each).
#include "store/packed_summary.h"

#include <cstdint>

namespace maildrop::store {

namespace {

constexpr char kPlain = 1;
constexpr char kWithTls = 2;  // one text more

void put_number(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_text(std::string_view text, std::string& out) {
  put_number(text.size(), out);
  out.append(text);
}

/// Times may lie before 1970: the sign goes to the lowest bit, so that small ones stay short.
std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

/// Reads what put_number and put_text wrote; after the first fault everything is empty and `bad` is set.
struct Reader {
  std::string_view rest;
  bool bad = false;

  std::uint64_t number() {
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

  std::string text() {
    const std::uint64_t size = number();
    if (size > rest.size()) bad = true;
    if (bad) return {};
    std::string found(rest.substr(0, size));
    rest.remove_prefix(size);
    return found;
  }
};

}  // namespace

void pack(const Summary& summary, std::string_view to, std::string& out) {
  out.push_back(summary.tls.empty() ? kPlain : kWithTls);
  put_number(zigzag(to_millis(summary.received)), out);
  put_number(summary.size, out);
  out.push_back(summary.date ? 1 : 0);
  if (summary.date) put_number(zigzag(to_millis(*summary.date)), out);
  put_text(summary.from, out);
  put_text(to, out);
  put_text(summary.header_from, out);
  put_text(summary.subject, out);
  put_text(summary.helo, out);
  put_text(summary.peer, out);
  if (!summary.tls.empty()) put_text(summary.tls, out);
}

std::size_t packed_size(const Summary& s, std::string_view to) {
  constexpr std::size_t kNumbers = 40;
  return kNumbers + s.from.size() + to.size() + s.header_from.size() + s.subject.size() + s.helo.size() +
         s.peer.size() + s.tls.size();
}

Result<Summary> unpack(std::string_view id, std::string_view bytes) {
  Reader reader{bytes};
  Summary summary;
  const std::uint64_t format = reader.number();
  summary.id = MessageId::trusted(std::string(id));
  summary.received = from_millis(unzigzag(reader.number()));
  summary.size = reader.number();
  if (reader.number() == 1) summary.date = from_millis(unzigzag(reader.number()));
  summary.from = reader.text();
  summary.to = reader.text();
  summary.header_from = reader.text();
  summary.subject = reader.text();
  summary.helo = reader.text();
  summary.peer = reader.text();
  if (format == kWithTls) summary.tls = reader.text();
  const bool known = format == kPlain || format == kWithTls;
  if (!known || reader.bad || !reader.rest.empty()) return fail(Code::corrupt, "a stored summary is damaged");
  return summary;
}

}  // namespace maildrop::store
