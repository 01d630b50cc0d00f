/// spf_check.h: may that client send mail of that domain? check_host() of RFC 7208 4, over lookups that are answered
/// when they are. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/net.h"
#include "dns/answer.h"
#include "filter/spf_record.h"

namespace maildrop::filter {

struct SpfQuery {
  IpAddress address;
  std::string local;   // of the sender; `postmaster` where there is none (RFC 7208 4.3)
  std::string domain;  // of the sender, and whose policy it is; beyond ASCII as A-labels. Need not be a name at all
  std::string helo;
  std::string receiver;   // for %{r}: who checks
  std::int64_t time = 0;  // for %{t}: seconds since 1970
  unsigned most_void_lookups = 2;
  bool explains = false;  // a lookup more where the result is fail
};

struct SpfOutcome {
  SpfResult result = SpfResult::none;
  std::string reason{};       // the term that decided, or what is wrong; printable ASCII
  std::string explanation{};  // a stranger's words (RFC 7208 6.2): printable ASCII, at most kLongestExplanation bytes
  std::string explainer{};    // the domain whose words they are
};

/// nullptr: not known yet.
using SpfLookup = std::function<const dns::Answer*(const dns::Question&)>;

struct SpfLimits {
  // RFC 7208 4.6.4; the last two are per mechanism.
  static constexpr unsigned kMostTerms = 10;  // that look something up, with those of all policies that are included
  static constexpr std::size_t kMostExchangers = 10;
  static constexpr std::size_t kMostNames = 10;            // of the client's address
  static constexpr std::size_t kLongestExplanation = 200;  // bytes; with what stands around it, one line of a reply
};

/// Nothing: something is not known yet. Then it has asked for all that may still matter, as far as names are known and
/// the limits reach, so that lookups run in parallel; it is asked again from the begin, and the limits count as if it
/// had been asked once.
/// It looks up at most 130 things in one go.
std::optional<SpfOutcome> spf_check(const SpfQuery& query, const SpfLookup& lookup);

}  // namespace maildrop::filter
