/// shown_address.h: addresses that people see in a From, and that are not those it is from.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace maildrop::filter {

/// A reader of that From (raw, folded as it may be) sees an address of another organisation than all of `real`: in a
/// name, which may be encoded (RFC 2047), in a comment, in a quoted local part. `real` is what mail::mailbox_domains()
/// has of it. Or he sees so many that nobody could tell. Pure; O(n).
bool shows_other_address(std::string_view from, std::span<const std::string> real);

}  // namespace maildrop::filter
