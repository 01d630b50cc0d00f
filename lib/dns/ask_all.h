/// ask_all.h: answers for those who may wait.
#pragma once

#include <span>
#include <vector>

#include "core/config.h"
#include "core/result.h"
#include "dns/answer.h"

namespace maildrop::dns {

/// Asks all at once, by a resolver of its own that knows nothing yet; answers in the order of the questions. Blocks for
/// dns.timeout at most; none is refused for dns.lookups. Fails as make_unbound_resolver().
Result<std::vector<Answer>> ask_all(const DnsSettings& settings, std::span<const Question> questions);

}  // namespace maildrop::dns
