/// dmarc_check.h: whether a message is of the domain that its From names, by what SPF and DKIM found, and what that
/// domain wants done when it is not (RFC 7489 3.1, 6.6). Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns/answer.h"
#include "filter/dmarc_record.h"

namespace maildrop::filter {

/// As RFC 7489 11.2 and RFC 8601 have them. none: the domain has no policy.
enum class DmarcResult : std::uint8_t { pass, none, permerror, temperror, fail };
std::string_view name_of(DmarcResult result);

/// What one way of authentication found.
struct DmarcIdentities {
  std::vector<std::string> passing{};  // domains that answer for the message, as mail::canonical_domain()
  std::vector<std::string> unknown{};  // that may; the DNS did not say
  bool whole = true;                   // false: it has not come to its end, and there may be others
};

struct DmarcEvidence {
  DmarcIdentities spf;
  DmarcIdentities dkim;
};

struct DmarcOutcome {
  DmarcResult result = DmarcResult::none;
  DmarcPolicy policy = DmarcPolicy::none;  // with pass and fail: that the domain has published for itself
  unsigned percent = 100;                  // of the messages that fail that it is for
  bool lacks_evidence = false;             // temperror since SPF or DKIM has not come to its end
  std::string reason{};                    // one line; printable ASCII

  /// What is to be done: of what is not among `percent` the next weaker policy (6.6.4). `chance` is from 0 to 99.
  DmarcPolicy applied(unsigned chance) const;
};

/// nullptr: not known yet.
using DmarcLookup = std::function<const dns::Answer*(std::string_view name, dns::Type type)>;

/// Of a domain in the From field, which is no literal. Nothing: something is not known yet; it has asked for it. At
/// most five lookups: two for policies, and three for whether a subdomain is there, where np= makes a difference.
std::optional<DmarcOutcome> dmarc_check(const std::string& author, const DmarcEvidence& evidence,
                                        const DmarcLookup& lookup);

}  // namespace maildrop::filter
