/// rate_sharing.cc: a bucket of one process as that of the ledger.
#include "store/rate_sharing.h"

#include <algorithm>
#include <utility>

namespace maildrop::store {

namespace {

constexpr std::size_t kMostAtOnce = 1000;

}  // namespace

std::size_t room_to_share(const Bookkeeper& ledger) { return ledger.waiting() < kMostAtOnce ? kMostAtOnce : 0; }

void share(Bookkeeper& ledger, SharedSpending spending, std::function<void(unsigned missing)> hear) {
  // The ledger's bucket holds two of ours: one to be spent, and one to be owed.
  const unsigned burst = 2 * spending.per_minute;
  if (burst > Operation::kLargestBurst) return;
  const Rate rate{spending.per_minute, std::chrono::minutes(1), burst};
  auto done = [burst, hear = std::move(hear)](const Result<Answer>& answer) {
    if (answer) hear(burst - static_cast<unsigned>(answer->left));
  };
  ledger.ask(Operation::take(spending.space, spending.key, std::min(spending.tokens, burst), rate), std::move(done));
}

}  // namespace maildrop::store
