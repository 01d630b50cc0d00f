/// reputation.h: what earlier sessions of a client are worth, for the filter and for who looks into the ledger.
#pragma once

#include <cstdint>

namespace maildrop::filter {

/// Of good and bad sessions: how they score.
double score_of_address(std::int64_t good, std::int64_t bad);
double score_of_network(std::int64_t good, std::int64_t bad);

}  // namespace maildrop::filter
