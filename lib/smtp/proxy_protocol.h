/// proxy_protocol.h: the header by which a balancer tells whose connection it passes on, versions 1 and 2 of the PROXY
/// protocol (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt). Pure. Whom to believe is the caller's
/// matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/net.h"
#include "mail/transaction.h"

namespace maildrop::smtp {

struct ProxyHeader {
  /// no_header: the bytes are no beginning of one. more: it is not complete. bad: a header, and wrong: never an
  /// identity.
  enum class Status { no_header, more, done, bad };

  Status status = Status::more;
  std::size_t size = 0;       // bytes; of Status::done
  bool health_check = false;  // LOCAL, UNKNOWN: the balancer speaks for itself
  bool local = false;         // the client came over a unix socket
  IpAddress address;          // of the client, unless one of the two above
  std::uint16_t port = 0;
  mail::Tls tls;           // between client and balancer, if it tells
  const char* error = "";  // of Status::bad
};

/// A header is no longer than that; version 2 could say 64 KiB.
inline constexpr std::size_t kMaxProxyHeader = 4096;

/// `bytes`: all that came so far. What is behind the header is the client's.
ProxyHeader parse_proxy_header(std::string_view bytes);

/// What a balancer says of `client`, in version 1, which people can read; UNKNOWN for nobody. Ports are 0: who records
/// mail does not record them.
std::string make_proxy_header(const std::optional<IpAddress>& client);

}  // namespace maildrop::smtp
