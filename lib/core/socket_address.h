/// socket_address.h: addresses in the form in which system calls take and give them. The one place that knows sockaddr.
///
/// Abstract unix sockets, and those whose path goes by a descriptor, are their callers' own matter.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "core/net.h"
#include "core/result.h"

namespace maildrop {

/// For accept(2) and the like `size` is the room there is, and then what was filled in.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

/// IPv4 as AF_INET, however it is kept.
SocketAddress socket_address(const IpAddress& address, std::uint16_t port);
/// invalid: its path is longer than the system takes. REQUIRES: it is of an address or a path.
Result<SocketAddress> socket_address(const Endpoint& endpoint);

/// Nothing: it is no IP address but that of a unix socket, say. REQUIRES: as much is there as its family says.
std::optional<IpAddress> ip_address(const sockaddr* from);
/// 0: as above.
std::uint16_t ip_port(const sockaddr* from);

}  // namespace maildrop
