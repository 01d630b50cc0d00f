/// web_address.h: where a webhook is: its URL taken apart, and an address of its host that may be asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/net.h"
#include "core/result.h"

namespace maildrop::report {

/// `https://HOST[:PORT][/PATH][?QUERY]`, or http.
struct WebAddress {
  bool secure = false;    // https
  std::string authority;  // `hook.example:8443`, as the field Host has it
  std::string host;       // without brackets
  std::uint16_t port = 0;
  std::string target;  // `/path?query`; at least `/`

  /// invalid: another form, one with a fragment, or a password: what is in a URL is shown in logs.
  static Result<WebAddress> parse(std::string_view url);
};

/// The addresses of that host, by the system's resolver. Without `may_be_private` only those of the internet
/// (is_reserved()): or a name whose DNS somebody else has would let him ask for us what is in our own network.
///   invalid       all of its addresses are of our own network
///   unavailable   it has none, or an earlier look-up is not over
///   timed_out     nothing until `until`, or `cancelled`; the look-up goes on, on a thread of its own, and nobody waits
///                 for it
Result<std::vector<IpAddress>> find_addresses(const WebAddress& web, bool may_be_private, Monotonic until,
                                              const std::atomic<bool>& cancelled);

}  // namespace maildrop::report
