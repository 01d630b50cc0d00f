/// doctor_dns.h: whether the DNS sends the mail of a domain here.
#pragma once

#include <string_view>

#include "dns/answer.h"
#include "doctor.h"

namespace maildrop::cmd {

/// What the answer to the question for the MX of a domain means where `host` (smtp.hostname, lower case) receives.
/// Pure.
Finding judge_mx(std::string_view domain, std::string_view host, const dns::Answer& answer);

}  // namespace maildrop::cmd
