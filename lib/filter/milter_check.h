/// milter_check.h: a message as a milter is asked about it, and what its answer is here. Pure.
#pragma once

#include <string>

#include "core/net.h"
#include "core/result.h"
#include "filter/filter.h"
#include "mail/transaction.h"
#include "service/milter_request.h"

namespace maildrop::filter {

/// `client_name`: what is known to be true of it; empty: nothing.
///   over_limit  its header is too large: a milter would judge another message than who reads it
Result<service::MilterRequest> milter_question(const Endpoint& endpoint, const mail::Transaction& transaction,
                                               const std::string& client_name, const std::string& our_name);

Finding finding_of(const service::MilterAnswer& answer);

}  // namespace maildrop::filter
