/// dkim_rsa_key.cc: DER, one element after the other.
#include "filter/dkim_rsa_key.h"

#include <algorithm>
#include <bit>

namespace maildrop::filter {

namespace {

enum DerTag : unsigned char { kInteger = 0x02, kBits = 0x03, kSequence = 0x30 };
/// 1.2.840.113549.1.1.1, rsaEncryption, and its parameter NULL: the only form there is (RFC 3279 2.3.1).
constexpr std::string_view kRsaEncryption("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00", 13);

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Takes an element off the front of `text`: its content; nothing where there is none such, or not all of it.
std::optional<std::string_view> take(std::string_view& text, DerTag tag) {
  if (text.size() < 2 || byte_at(text, 0) != tag) return std::nullopt;
  std::size_t size = byte_at(text, 1), head = 2;
  if (size >= 0x80) {
    const std::size_t bytes = size - 0x80;
    if (bytes < 1 || bytes > 2 || text.size() < head + bytes) return std::nullopt;  // no key takes 64 KiB
    size = 0;
    for (; head < 2 + bytes; ++head) size = size << 8 | byte_at(text, head);
  }
  if (text.size() - head < size) return std::nullopt;
  const std::string_view content = text.substr(head, size);
  text.remove_prefix(head + size);
  return content;
}

std::optional<std::string_view> take_number(std::string_view& text) {
  std::optional<std::string_view> number = take(text, kInteger);
  if (!number || number->empty() || byte_at(*number, 0) >= 0x80) return std::nullopt;  // a negative one
  number->remove_prefix(std::min(number->find_first_not_of('\0'), number->size()));
  return number;
}

std::optional<DkimRsaKey> parse_numbers(std::string_view sequence) {
  const auto modulus = take_number(sequence);
  const auto exponent = take_number(sequence);
  if (!modulus || !exponent || !sequence.empty()) return std::nullopt;
  return DkimRsaKey{*modulus, *exponent};
}

}  // namespace

std::optional<DkimRsaKey> DkimRsaKey::parse(std::string_view der) {
  auto outer = take(der, kSequence);
  if (!outer || !der.empty()) return std::nullopt;
  if (outer->empty() || byte_at(*outer, 0) == kInteger) return parse_numbers(*outer);
  const auto algorithm = take(*outer, kSequence);
  auto bits = take(*outer, kBits);
  if (algorithm != kRsaEncryption || !bits || !bits->starts_with('\0') || !outer->empty()) return std::nullopt;
  bits->remove_prefix(1);  // how many of the last byte are unused
  const auto inner = take(*bits, kSequence);
  return inner && bits->empty() ? parse_numbers(*inner) : std::nullopt;
}

std::size_t bits_of(std::string_view number) {
  return number.empty() ? 0
                        : number.size() * 8 -
                              static_cast<std::size_t>(std::countl_zero(static_cast<unsigned char>(number.front())));
}

}  // namespace maildrop::filter
