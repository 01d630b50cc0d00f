/// header_rules.h: what is odd about the header of a message, rule by rule. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop::filter {

struct HeaderRule {
  std::string_view name;  // as in reasons and filter.headers.except: [a-z_]
  double score;
};

/// All there are.
std::span<const HeaderRule* const> header_rules();
/// By its name. invalid: there is none of that name.
Result<const HeaderRule*> parse_header_rule(std::string_view name);

/// What a header is held against.
struct HeaderPlace {
  std::string_view envelope_domain{};        // of the sender, canonical; empty: a null sender
  bool smtputf8 = false;                     // it may be more than ASCII (RFC 6532)
  std::span<const std::string> our_names{};  // by which no other host makes a Message-ID
  Time now{};
};

/// A rule that a header breaks.
struct Oddity {
  const HeaderRule* rule;
  std::string_view detail{};  // a phrase of ours; empty: the name of the rule says it all
};

/// Each rule once. O(n) in the header; of addresses, words and fields that cost more
/// than a look, those that come first.
std::vector<Oddity> oddities(std::string_view message, const HeaderPlace& place);

}  // namespace maildrop::filter
