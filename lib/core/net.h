/// net.h: addresses, networks and endpoints as values. No sockets here.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop {

/// An IPv4 or IPv6 address. IPv4 is kept in its v6-mapped form (::ffff:a.b.c.d), so one comparison serves both.
class IpAddress {
 public:
  IpAddress() = default;                                  // `::`
  static Result<IpAddress> parse(std::string_view text);  // no brackets, no zone
  static IpAddress from_v4(std::uint32_t host_order);
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes);

  bool is_v4() const;
  bool is_loopback() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// The first `bits` of the address, the rest zero. For IPv4, `bits` counts from the start of the IPv4 part.
  IpAddress prefix(unsigned bits) const;
  /// What is counted as one client: an IPv4 address, an IPv6 /64; `::1` is itself, as `::` may stand for nobody.
  IpAddress source() const { return is_v4() || is_loopback() ? *this : prefix(64); }
  /// The network around it: a /24, a /48 (what one customer may have at most).
  IpAddress network() const { return prefix(is_v4() ? 24 : 48); }
  std::string to_string() const;  // `192.0.2.1`, `2001:db8::1`

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// A block of addresses. A bare address is that one address (/32 or /128), never more.
class Network {
 public:
  static Result<Network> parse(std::string_view text);  // `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1`
  bool contains(const IpAddress& address) const;
  std::string to_string() const;
  friend bool operator==(const Network&, const Network&) = default;

 private:
  IpAddress base_;
  unsigned bits_ = 0;  // of the family
};

bool contains(const std::vector<Network>& networks, const IpAddress& address);

/// Where to listen: `127.0.0.1:2525`, `[::1]:2525`, `:25` or `*:25` (both families), `unix:/run/x.sock`, or `fd:NAME`
/// (sockets inherited from systemd under that FileDescriptorName; `fd:NAME?`: if there are any). A host name is not an
/// endpoint: it can mean many.
struct Endpoint {
  enum class Kind { ip, any, unix_path, inherited };
  Kind kind = Kind::ip;
  IpAddress address;       // of inherited: one of loopback, when it is known that nobody else comes there
  std::uint16_t port = 0;  // 0: the system picks
  std::string path;        // of unix_path; the name for inherited
  bool optional = false;   // inherited: or nothing

  static Result<Endpoint> parse(std::string_view text);
  std::string to_string() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace maildrop

template <>
struct std::hash<maildrop::IpAddress> {
  std::size_t operator()(const maildrop::IpAddress& address) const noexcept {
    const auto& bytes = address.bytes();
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};
