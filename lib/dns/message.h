/// message.h: a reply of the DNS as it is on the wire (RFC 1035 4). Pure.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"
#include "dns/answer.h"

namespace maildrop::dns {

/// The records of `type` in it, those behind CNAMEs included, and how long they, or the fact that there are none
/// (RFC 2308 5), may be kept. For replies a resolver has checked already: that they answer what was asked, and whose
/// they are. All that is read is bounded by the message, which is 65,535 bytes at most.
/// Records with `expired_ttl`, by which libunbound marks what has expired, make the answer stale.
///   corrupt   cut off, or against the rules: nothing in it is believed
Result<Answer> parse_message(std::span<const std::uint8_t> message, Type type, unsigned expired_ttl = UINT32_MAX);

}  // namespace maildrop::dns
