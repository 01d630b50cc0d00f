/// proxy_protocol.cc: a line of text, or a signature, addresses and a list of values.
#include "smtp/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <charconv>
#include <cstring>
#include <optional>

namespace maildrop::smtp {

namespace {

using Status = ProxyHeader::Status;

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kMaxText = 107;
constexpr std::size_t kFixed = 16;  // of version 2: signature, version and command, family, length

ProxyHeader bad(const char* why) {
  ProxyHeader header;
  header.status = Status::bad;
  header.error = why;
  return header;
}

bool begins(std::string_view bytes, std::string_view wanted) {
  const std::size_t n = std::min(bytes.size(), wanted.size());
  return bytes.substr(0, n) == wanted.substr(0, n);
}

// --- version 1 ---

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool plain = text == "0" || (!text.empty() && text.front() != '0');
  if (error != std::errc() || end != text.data() + text.size() || !plain) return std::nullopt;
  return port;
}

ProxyHeader parse_text(std::string_view bytes) {
  ProxyHeader header;
  const std::size_t end = bytes.substr(0, kMaxText).find("\r\n");
  if (end == std::string_view::npos) return bytes.size() < kMaxText ? header : bad("longer than 107 bytes");
  header.size = end + 2;
  std::string_view rest = bytes.substr(kText.size(), end - kText.size());
  if (rest.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return bad("a control character");
  const std::string_view family = take_word(rest);
  if (family == "UNKNOWN") {
    header.health_check = true;
    header.status = Status::done;
    return header;
  }
  if (family != "TCP4" && family != "TCP6") return bad("an unknown family");
  const std::string_view source = take_word(rest), destination = take_word(rest);
  const std::string_view source_port = take_word(rest);
  const auto from = IpAddress::parse(source), to = IpAddress::parse(destination);
  const auto port = port_of(source_port), to_port = port_of(rest);
  const auto of_family = [v6 = family == "TCP6"](std::string_view text) {
    return (text.find(':') != std::string_view::npos) == v6;
  };
  if (!from || !to || !of_family(source) || !of_family(destination)) return bad("no address of its family");
  if (!port || !to_port) return bad("no port");
  header.address = *from;
  header.port = *port;
  header.status = Status::done;
  return header;
}

// --- version 2 ---

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

/// Calls `each(type, value)`; false: the list does not end where it should, or `each` said false.
template <class Each>
bool for_each_value(std::string_view list, Each each) {
  while (!list.empty()) {
    if (list.size() < 3) return false;
    const std::size_t size = big_endian(list.substr(1, 2));
    if (size > list.size() - 3) return false;
    if (!each(byte_at(list, 0), list.substr(3, size))) return false;
    list.remove_prefix(3 + size);
  }
  return true;
}

/// Over the header with zeros where the checksum itself is.
bool checksum_fits(std::string_view header, std::string_view checksum) {
  constexpr std::array<char, 4> kZeros{};
  const std::size_t at = static_cast<std::size_t>(checksum.data() - header.data());
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(header.data(), at);
  crc.process_bytes(kZeros.data(), kZeros.size());
  crc.process_bytes(header.data() + at + 4, header.size() - at - 4);
  return crc.checksum() == big_endian(checksum);
}

/// A name for the log and for Received; anything else is left out.
std::string word_of(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  return plain && text.size() <= 64 ? std::string(text) : std::string();
}

bool read_tls(std::string_view value, mail::Tls& tls) {
  if (value.size() < 5) return false;
  const bool client_used_tls = (byte_at(value, 0) & 1) != 0;
  mail::Tls found;
  const bool whole = for_each_value(value.substr(5), [&](std::uint8_t type, std::string_view text) {
    if (type == 0x21) found.protocol = word_of(text);
    if (type == 0x23) found.cipher = word_of(text);
    return true;
  });
  if (client_used_tls && !found.protocol.empty()) tls = found;
  return whole;
}

bool read_values(std::string_view header, std::string_view list, mail::Tls& tls) {
  return for_each_value(list, [&](std::uint8_t type, std::string_view value) {
    if (type == 0x03) return value.size() == 4 && checksum_fits(header, value);
    if (type == 0x20) return read_tls(value, tls);
    return true;
  });
}

ProxyHeader parse_binary(std::string_view bytes) {
  ProxyHeader header;
  if (bytes.size() < kFixed) return header;
  const std::uint8_t command = byte_at(bytes, 12), family = byte_at(bytes, 13);
  const std::size_t length = big_endian(bytes.substr(14, 2));
  if (command >> 4 != 2) return bad("an unknown version");
  if ((command & 0xF) > 1) return bad("an unknown command");
  header.size = kFixed + length;
  if (header.size > kMaxProxyHeader) return bad("longer than 4096 bytes");
  if (bytes.size() < header.size) return header;
  const std::string_view whole = bytes.substr(0, header.size);
  const std::string_view payload = whole.substr(kFixed);
  if ((command & 0xF) == 0) {  // LOCAL: what it carries is to be skipped, and its family is whatever it is
    header.health_check = true;
    header.status = Status::done;
    return header;
  }
  std::size_t addresses = 0;
  switch (family) {
    case 0x00: header.health_check = true; break;
    case 0x11: addresses = 12; break;
    case 0x21: addresses = 36; break;
    case 0x31: addresses = 216; break;
    default: return bad("an unknown family");
  }
  if (payload.size() < addresses) return bad("shorter than its addresses");
  if (family == 0x11) {
    header.address = IpAddress::from_v4(big_endian(payload.substr(0, 4)));
    header.port = static_cast<std::uint16_t>(big_endian(payload.substr(8, 2)));
  } else if (family == 0x21) {
    std::array<std::uint8_t, 16> v6{};
    std::memcpy(v6.data(), payload.data(), v6.size());
    header.address = IpAddress::from_v6(v6);
    header.port = static_cast<std::uint16_t>(big_endian(payload.substr(32, 2)));
  } else if (family == 0x31) {
    header.local = true;
  }
  if (!read_values(whole, payload.substr(addresses), header.tls)) return bad("a value that is cut or a wrong checksum");
  header.status = Status::done;
  return header;
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (begins(bytes, kSignature)) return bytes.size() < kSignature.size() ? ProxyHeader() : parse_binary(bytes);
  if (begins(bytes, kText)) return bytes.size() < kText.size() ? ProxyHeader() : parse_text(bytes);
  ProxyHeader header;
  header.status = Status::no_header;
  return header;
}

std::string make_proxy_header(const std::optional<IpAddress>& client) {
  if (!client) return "PROXY UNKNOWN\r\n";
  const std::string family = client->is_v4() ? "TCP4 " : "TCP6 ";
  return "PROXY " + family + client->to_string() + (client->is_v4() ? " 127.0.0.1" : " ::1") + " 0 0\r\n";
}

}  // namespace maildrop::smtp
