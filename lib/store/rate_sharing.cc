/// rate_sharing.cc: a bucket of one process as that of the ledger.
#include "store/rate_sharing.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace maildrop::store {

namespace {

constexpr std::size_t kMostShared = 1000;

/// The ledger counts whole tokens, and of a bucket it knows but when it is full again. So one token of ours is several
/// of the ledger's, where these do not come back too fast to be told in microseconds: else each that has come back in
/// part would count as missing.
unsigned parts_of(unsigned per_minute) {
  constexpr unsigned kShares = 16, kPerMinute = 60'000;
  return std::clamp(kPerMinute / std::max(1U, per_minute), 1U, kShares);
}

}  // namespace

std::size_t room_to_share(const Bookkeeper& ledger) { return ledger.waiting() < kMostShared ? kMostShared : 0; }

void share(Bookkeeper& ledger, SharedSpending spending, std::function<void(float missing)> hear) {
  // The ledger's bucket holds two of ours: one to be spent, and one to be owed.
  const unsigned parts = parts_of(spending.per_minute);
  const unsigned burst = 2 * spending.per_minute * parts;
  if (burst > Operation::kLargestBurst) return;
  const Rate rate{spending.per_minute * parts, std::chrono::minutes(1), burst};
  auto done = [parts, burst, hear = std::move(hear)](const Result<Answer>& answer) {
    if (answer) hear(static_cast<float>(burst - static_cast<unsigned>(answer->left)) / static_cast<float>(parts));
  };
  const auto cost = static_cast<unsigned>(std::ceil(spending.tokens * static_cast<float>(parts)));
  ledger.ask(Operation::take(spending.space, spending.key, std::min(cost, burst), rate), std::move(done));
}

}  // namespace maildrop::store
