/// redis_target.h: what a Redis URL says.
///
///     redis://HOST[:PORT][/DB]                       port 6379, database 0; IPv6 in brackets
///     redis+unix:///PATH[?db=DB]
///     redis+sentinel://HOST[:PORT],.../NAME[/DB]     port 26379; NAME: of the master that they watch
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::store::redis {

/// Where a server listens.
struct Place {
  std::string host;        // a name or an address; of a unix socket the path
  std::uint16_t port = 0;  // 0: a unix socket
  friend bool operator==(const Place&, const Place&) = default;
};

/// `10.0.0.1:6379`, `[::1]:6379`, `unix:/run/redis.sock`.
std::string to_string(const Place& place);

struct Target {
  std::vector<Place> places;  // the server, or the sentinels that know it; never empty
  std::string master;         // its name for the sentinels; empty: `places` is the server
  unsigned database = 0;      // 0..65535
};

/// invalid: another form, or a password: what is in a URL is shown in logs and lists of processes. `setting`: where it
/// stands, which the error begins with, if it is not empty.
Result<Target> parse_target(std::string_view url, std::string_view setting = "store.url");

}  // namespace maildrop::store::redis
