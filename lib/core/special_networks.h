/// special_networks.h: addresses that no host on the internet has.
///
/// Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190) as of 2025-10-09, IPv4
/// multicast (RFC 5771), and for IPv6 that IANA gives out global addresses of 2000::/3 alone (RFC 4291 2.4).
#pragma once

#include "core/net.h"

namespace maildrop {

/// Of somebody's own network, where the world can say nothing about it: private (RFC 1918, RFC 4193), shared
/// (RFC 6598), loopback, link-local, unspecified.
bool is_private(const IpAddress& address);

/// What is_private() has, and whatever else nobody can be reached at: documentation, benchmarks, multicast, what is
/// kept for later, tunnels that have ended (6to4, Teredo). Blocks inside of those that can be reached are services of
/// the network (AS112, AMT, TURN anycast), no hosts, and count, too. Of 64:ff9b::/96 (RFC 6052) what its IPv4 address
/// is.
bool is_reserved(const IpAddress& address);

}  // namespace maildrop
