/// xclient.cc: taking XCLIENT apart.
#include "smtp/xclient.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"
#include "smtp/grammar.h"

namespace maildrop::smtp {

namespace {

constexpr std::size_t kMaxName = 255;  // RFC 1035 2.3.4

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// RFC 3461 4.
std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '=') return std::nullopt;
    if (text[i] != '+') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

bool is_unavailable(std::string_view value) {
  return equals_ignoring_case(value, "[UNAVAILABLE]") || equals_ignoring_case(value, "[TEMPUNAVAIL]");
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_';
  });
}

std::optional<std::string> name_value(std::string_view value) {
  if (is_unavailable(value)) return std::string();
  if (!is_host_name(value)) return std::nullopt;
  return std::string(value);
}

std::optional<IpAddress> address_value(std::string_view value) {
  constexpr std::string_view kIpv6 = "IPV6:";
  if (is_unavailable(value)) return IpAddress();
  if (value.size() > kIpv6.size() && equals_ignoring_case(value.substr(0, kIpv6.size()), kIpv6))
    value.remove_prefix(kIpv6.size());
  const Result<IpAddress> address = IpAddress::parse(value);
  return address ? std::optional(*address) : std::nullopt;
}

std::optional<std::uint16_t> port_value(std::string_view value) {
  if (is_unavailable(value)) return std::uint16_t{0};
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return port;
}

std::optional<std::string> helo_value(std::string_view value) {
  if (is_unavailable(value)) return std::string();
  tl::expected<std::string, Reply> helo = parse_helo(value);
  return helo ? std::optional(std::move(*helo)) : std::nullopt;
}

std::optional<bool> protocol_value(std::string_view value) {
  if (equals_ignoring_case(value, "ESMTP")) return true;
  if (equals_ignoring_case(value, "SMTP")) return false;
  return std::nullopt;
}

/// nullptr: taken.
template <class T>
const Reply* take(std::optional<T>& attribute, std::optional<T> value) {
  if (attribute) return &reply::xclient_syntax;
  if (!value) return &reply::xclient_value;
  attribute = std::move(value);
  return nullptr;
}

const Reply* take_attribute(XclientCommand& command, std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "NAME")) return take(command.name, name_value(value));
  if (equals_ignoring_case(name, "ADDR")) return take(command.address, address_value(value));
  if (equals_ignoring_case(name, "PORT")) return take(command.port, port_value(value));
  if (equals_ignoring_case(name, "HELO")) return take(command.helo, helo_value(value));
  if (equals_ignoring_case(name, "PROTO")) return take(command.esmtp, protocol_value(value));
  return &reply::xclient_attribute;
}

}  // namespace

tl::expected<XclientCommand, Reply> parse_xclient(std::string_view argument) {
  XclientCommand command;
  if (argument.empty()) return tl::unexpected(reply::xclient_syntax);
  while (!argument.empty()) {
    const std::string_view word = argument.substr(0, argument.find(' '));
    argument.remove_prefix(std::min(argument.size(), word.size() + 1));
    if (word.empty()) continue;  // two spaces
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return tl::unexpected(reply::xclient_syntax);
    const std::optional<std::string> value = decode_xtext(word.substr(equals + 1));
    if (!value) return tl::unexpected(reply::xclient_value);
    if (const Reply* wrong = take_attribute(command, word.substr(0, equals), *value)) return tl::unexpected(*wrong);
  }
  return command;
}

}  // namespace maildrop::smtp
