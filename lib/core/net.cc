/// net.cc: reading and writing addresses, networks and endpoints.
#include "core/net.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/text.h"

namespace maildrop {

namespace {

constexpr unsigned kV4Offset = 96;      // bits before the IPv4 part of ::ffff:a.b.c.d
constexpr std::size_t kUnixPath = 107;  // sockaddr_un::sun_path less its NUL

/// Digits only, at most `max`.
std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton reads up to a NUL: a text that holds one is not what it would see.
  const bool plausible = text.size() < INET6_ADDRSTRLEN && text.find('\0') == std::string_view::npos;
  const std::string z(plausible ? text : std::string_view());
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, z.c_str(), v6.data()) == 1) return from_v6(v6);
  in_addr v4{};
  if (inet_pton(AF_INET, z.c_str(), &v4) == 1) return from_v4(ntohl(v4.s_addr));
  return fail(Code::invalid, in_quotes(text) + " is not an IP address");
}

IpAddress IpAddress::from_v4(std::uint32_t host_order) {
  IpAddress address;
  address.bytes_[10] = address.bytes_[11] = 0xFF;
  for (unsigned i = 0; i < 4; ++i) address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

bool IpAddress::is_v4() const {
  return std::all_of(bytes_.begin(), bytes_.begin() + 10, [](std::uint8_t b) { return b == 0; }) &&
         bytes_[10] == 0xFF && bytes_[11] == 0xFF;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; }) && bytes_[15] == 1;
}

IpAddress IpAddress::prefix(unsigned bits) const {
  if (is_v4()) bits += kV4Offset;
  IpAddress cut = *this;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned left = bits > 8 * i ? std::min(bits - 8 * i, 8u) : 0;  // bits of this byte that stay
    cut.bytes_[i] &= static_cast<std::uint8_t>(0xFF00u >> left);
  }
  return cut;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (!is_v4()) return inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  // By hand: inet_ntop prints by sprintf, and each message has its peer's address three times.
  char* end = text;
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) *end++ = '.';
    end = std::to_chars(end, text + sizeof text, bytes_[i]).ptr;
  }
  return {text, end};
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address)
    return fail(Code::invalid, in_quotes(text) + " is not a network such as '192.0.2.0/24' or '2001:db8::/32'");
  const unsigned size = address->is_v4() ? 32 : 128;
  Network network;
  network.base_ = *address;
  network.bits_ = size;
  if (slash == std::string_view::npos) return network;

  // `::ffff:192.0.2.0/120` counts as IPv6 does, and means 192.0.2.0/24.
  const bool mapped = size == 32 && text.substr(0, slash).find(':') != std::string_view::npos;
  const auto bits = parse_number(text.substr(slash + 1), mapped ? 128 : size);
  if (!bits) {
    return fail(Code::invalid,
                in_quotes(text) + " needs a prefix length from 0 to " + std::to_string(mapped ? 128 : size));
  }
  if (mapped && *bits < kV4Offset) return fail(Code::invalid, in_quotes(text) + " mixes IPv4 and IPv6");
  network.bits_ = mapped ? *bits - kV4Offset : *bits;
  network.base_ = address->prefix(network.bits_);
  if (network.base_ != *address) {
    return fail(Code::invalid, in_quotes(text) + " has address bits set beyond its prefix; did you mean " +
                                   in_quotes(network.to_string()) + " or " + in_quotes(address->to_string()) + "?");
  }
  return network;
}

bool Network::contains(const IpAddress& address) const {
  // Families are kept apart: `::/0` is all of IPv6 and nothing of IPv4.
  return address.is_v4() == base_.is_v4() && address.prefix(bits_) == base_;
}

std::string Network::to_string() const {
  const unsigned size = base_.is_v4() ? 32 : 128;
  return bits_ == size ? base_.to_string() : base_.to_string() + "/" + std::to_string(bits_);
}

bool contains(const std::vector<Network>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& n) { return n.contains(address); });
}

namespace {

Result<Endpoint> parse_named(Endpoint::Kind kind, std::string_view text, std::string_view name) {
  Endpoint endpoint;
  endpoint.kind = kind;
  endpoint.optional = kind == Endpoint::Kind::inherited && !name.empty() && name.back() == '?';
  if (endpoint.optional) name.remove_suffix(1);
  endpoint.path = std::string(name);
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c > 0x1F && c != 0x7F; });
  if (kind == Endpoint::Kind::unix_path) {
    if (name.empty() || name.front() != '/' || !printable || name.size() > kUnixPath) {
      return fail(Code::invalid, in_quotes(text) +
                                     " is not an endpoint: the path of a unix socket is absolute and at most " +
                                     std::to_string(kUnixPath) + " bytes long");
    }
  } else if (name.empty() || !printable || name.size() > 255 || name.find(':') != std::string_view::npos) {
    return fail(Code::invalid,
                in_quotes(text) + " is not an endpoint: after 'fd:' stands a FileDescriptorName= of systemd");
  }
  return endpoint;
}

Result<Endpoint> parse_ip(std::string_view text) {
  const std::string what = in_quotes(text) + " is not an endpoint: ";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(Code::invalid, what + "a port is missing, as in '127.0.0.1:2525', '[::1]:2525' or ':2525'");
  }
  std::string_view host = text.substr(0, colon);
  const auto port = parse_number(text.substr(colon + 1), 65535);
  if (!port) return fail(Code::invalid, what + "after the last ':' stands a port from 0 to 65535");

  Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(*port);
  if (host.empty() || host == "*") {
    endpoint.kind = Endpoint::Kind::any;
    return endpoint;
  }
  const bool bracketed = host.size() > 1 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const bool v6_form = host.find(':') != std::string_view::npos;
  if (v6_form && !bracketed)
    return fail(Code::invalid, what + "an IPv6 address stands in brackets, as in '[::1]:2525'");
  if (!address || v6_form != bracketed) {
    return fail(Code::invalid, what + in_quotes(host) + " is not an IP address (a host name could mean several)");
  }
  endpoint.address = *address;
  return endpoint;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.substr(0, 5) == "unix:") return parse_named(Kind::unix_path, text, text.substr(5));
  if (text.substr(0, 3) == "fd:") return parse_named(Kind::inherited, text, text.substr(3));
  return parse_ip(text);
}

std::string Endpoint::to_string() const {
  switch (kind) {
    case Kind::unix_path: return "unix:" + path;
    case Kind::inherited: return "fd:" + path + (optional ? "?" : "");
    case Kind::any: return "*:" + std::to_string(port);
    case Kind::ip: break;
  }
  const std::string host = address.to_string();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace maildrop
