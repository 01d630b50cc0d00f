/// rspamd_check.h: what rspamd is asked about a message, and what it answers: POST /checkv2 of its protocol. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "filter/filter.h"
#include "mail/transaction.h"
#include "service/http_request.h"

namespace maildrop::filter {

/// `client_name`: what is known to be true of it; empty: nothing, and rspamd looks by itself.
service::HttpRequest rspamd_question(service::HttpUrl url, const mail::Transaction& transaction,
                                     const std::string& client_name);

struct RspamdAnswer {
  Finding finding;
  std::string action;  // in its own words
  double score = 0;    // in its own points
};
/// invalid: it is not what rspamd answers. Members that no verdict goes by may be anything: each version has others.
Result<RspamdAnswer> parse_rspamd_answer(const service::HttpAnswer& answer);

}  // namespace maildrop::filter
