/// socket_address.cc: sockaddr_in, sockaddr_in6, sockaddr_un; copied, as bytes of one are no object of another.
#include "core/socket_address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstring>

namespace maildrop {

namespace {

template <class Address>
SocketAddress stored(const Address& address) {
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof address);
  out.size = sizeof address;
  return out;
}

template <class Address>
Address copy_of(const sockaddr* from) {
  Address address{};
  std::memcpy(&address, from, sizeof address);
  return address;
}

}  // namespace

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes().data() + 12, sizeof v4.sin_addr);
    return stored(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
  return stored(v6);
}

Result<SocketAddress> socket_address(const Endpoint& endpoint) {
  if (endpoint.kind != Endpoint::Kind::unix_path) return socket_address(endpoint.address, endpoint.port);
  sockaddr_un un{};
  if (endpoint.path.size() >= sizeof un.sun_path)
    return fail(Code::invalid, "the path of '" + endpoint.to_string() + "' is longer than 107 bytes");
  un.sun_family = AF_UNIX;
  endpoint.path.copy(un.sun_path, sizeof un.sun_path - 1);
  return stored(un);
}

std::optional<IpAddress> ip_address(const sockaddr* from) {
  if (from->sa_family == AF_INET) return IpAddress::from_v4(ntohl(copy_of<sockaddr_in>(from).sin_addr.s_addr));
  if (from->sa_family != AF_INET6) return std::nullopt;
  const auto v6 = copy_of<sockaddr_in6>(from);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return IpAddress::from_v6(bytes);
}

std::uint16_t ip_port(const sockaddr* from) {
  if (from->sa_family == AF_INET) return ntohs(copy_of<sockaddr_in>(from).sin_port);
  return from->sa_family == AF_INET6 ? ntohs(copy_of<sockaddr_in6>(from).sin6_port) : std::uint16_t{0};
}

}  // namespace maildrop
