/// known.h: all that filters keep of a client in the ledger, for who looks into it, and forgetting it. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"
#include "store/ledger.h"

namespace maildrop::filter {

/// One thing that may be kept: a record, or the sums of bad and good sessions, in that order.
struct KnownItem {
  std::string filter;  // whose it is
  std::string what;    // `was refused for good`; of sums: whose they are
  std::vector<store::Operation> asks;
  double (*score)(std::int64_t good, std::int64_t bad) = nullptr;  // nullptr: it is a record
};

/// Of an address; who is none is a host.
std::vector<KnownItem> known_items(const std::string& who, const Config& config);

/// What makes the ledger forget that `ask` had this answer.
store::Operation forgetting(const store::Operation& ask, const store::Answer& answer);

}  // namespace maildrop::filter
