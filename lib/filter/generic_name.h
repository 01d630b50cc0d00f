/// generic_name.h: host names that a provider gives to all of its addresses: mail servers have one of their own.
#pragma once

#include <string_view>

#include "core/net.h"

namespace maildrop::filter {

/// Two signs, either of which is enough. Case does not matter; of a longer name 253 bytes are looked at.
///   the address is in it, or the last two parts of it: `host-192-0-2-1.`, `1.2.`, `192000002001`, `c0000201`,
///     3221225985; backwards, too. Of IPv6 one half of it: `2001-db8-0-0`, `20010db800000000`, or shortened
///   it has a word, below the domain, for how customers are connected: `dsl`, `pool`, `dynamic` (generic_name.cc)
/// It is a guess: small firms' servers look so, too.
bool is_generic(std::string_view name, const IpAddress& address);

}  // namespace maildrop::filter
