/// xclient.h: XCLIENT, by which a trusted mail server tells whose mail it brings, as Postfix's XCLIENT_README has it.
/// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/net.h"
#include "core/result.h"
#include "smtp/reply.h"

namespace maildrop::smtp {

/// Those that are understood, as EHLO announces them.
inline constexpr std::string_view kXclientAttributes = "NAME ADDR PORT PROTO HELO";

/// Nothing: the attribute was not given.
struct XclientCommand {
  std::optional<std::string> name;    // a host name; empty: [UNAVAILABLE] or [TEMPUNAVAIL]
  std::optional<IpAddress> address;   // `::`: [UNAVAILABLE]
  std::optional<std::uint16_t> port;  // 0: [UNAVAILABLE]
  std::optional<std::string> helo;    // empty: [UNAVAILABLE]
  std::optional<bool> esmtp;          // PROTO=ESMTP
};

/// The argument of XCLIENT.
tl::expected<XclientCommand, Reply> parse_xclient(std::string_view argument);

}  // namespace maildrop::smtp
