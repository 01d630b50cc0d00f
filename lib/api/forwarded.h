/// forwarded.h: who asks, where reverse proxies stand between. Pure.
#pragma once

#include <span>
#include <string_view>

#include "core/config.h"
#include "core/net.h"

namespace maildrop::api {

/// The client whom `peer` brings, by the field that proxies of ours add what they see to: X-Forwarded-For (a list of
/// addresses, as squid began it), or Forwarded (RFC 7239). Only addresses in `proxies` are believed: from the right,
/// where the nearest one wrote, the first that is not of them. What stands before that may be anybody's invention.
/// `peer` itself where it is no proxy, or says nothing that can be read: `unknown`, a name of its own (RFC 7239 6.3).
/// `field` is the value; where there are several, joined by commas in their order (RFC 9110 5.3). O(n).
IpAddress forwarded_client(const IpAddress& peer, std::string_view field, ApiSettings::ProxyField kind,
                           std::span<const Network> proxies);

}  // namespace maildrop::api
