/// counted_series.h: which metrics of a server are series of the statistics (store/statistics.h).
#pragma once

#include <vector>

#include "store/statistics_counter.h"

namespace maildrop::smtp {

/// A fixed set. Names of its groups' members are words of the code (reply.h), filters, and lists of the configuration.
std::vector<store::CountedSeries> counted_series();

}  // namespace maildrop::smtp
