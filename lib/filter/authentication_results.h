/// authentication_results.h: the Authentication-Results field: what filters found of who sent a message. RFC 8601.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mail/transaction.h"

namespace maildrop::filter {

inline constexpr std::size_t kLongestResults = 2048;  // bytes

/// The field, with its line end, of the facts that filters tell: `iprev`, `client_name`, `spf`, `spf_helo`,
/// `spf_domain`, `dkim_results`, `dmarc`, `dmarc_domain`, `dmarc_policy`; nullptr: nobody told. `host` is who says so.
/// What does not fit in kLongestResults is left out. Empty where nothing was told: nobody looked.
std::string authentication_results(std::string_view host, const mail::Transaction& transaction,
                                   const std::function<const std::string*(std::string_view)>& told);

/// Takes such fields out of the header of `message` that claim to be of `host`, or that some reader might take to be:
/// whoever sent it wrote them (RFC 8601 5). Returns how many. O(n).
std::size_t remove_forged_results(std::string& message, std::string_view host);

}  // namespace maildrop::filter
