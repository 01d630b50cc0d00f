/// doctor_dns.h: whether the DNS sends the mail of a domain here.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "doctor.h"

namespace maildrop::cmd {

struct Mx {
  unsigned preference = 0;
  std::string host;  // lower case, without the final dot; empty: a null MX (RFC 7505)
};

/// The MX records of a domain, the most preferred first; none: it has no MX, but exists. Asks the resolver of
/// /etc/resolv.conf, or `server`; blocks some seconds at most.
///   not_found    there is no such domain
///   unavailable  no answer, or none of use
Result<std::vector<Mx>> find_mx(const std::string& domain, const std::optional<sockaddr_in>& server = std::nullopt);

/// What these records mean where `host` (smtp.hostname) receives. Pure.
Finding judge_mx(std::string_view domain, std::string_view host, const Result<std::vector<Mx>>& found);

}  // namespace maildrop::cmd
