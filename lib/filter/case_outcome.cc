/// case_outcome.cc: what came of a transaction or a session, and what filters want done then. Part of case.h.
#include <utility>

#include "filter/case.h"

namespace maildrop::filter {

/// A transaction is over, or all there was in place of one. `taken`: its message was.
void Case::conclude(bool taken) {
  if (std::exchange(concluded_, true)) return;
  std::vector<Wish> of_session;
  for (Wish& wish : wishes_) {
    const unsigned outcomes = findings_.outcomes_without(wish.filter, taken);
    outcomes_[wish.filter] |= outcomes;
    if (wish.phase < Phase::mail) {
      of_session.push_back(std::move(wish));
    } else if ((outcomes & bit_of(wish.outcome)) != 0) {
      behind_.push_back(std::move(wish.operation));
    }
  }
  wishes_ = std::move(of_session);
}

void Case::finish() {
  findings_.settle_recipient();
  conclude(false);
  for (Wish& wish : std::exchange(wishes_, {})) {
    unsigned outcomes = outcomes_[wish.filter];
    if ((outcomes & kBadOutcome) != 0) outcomes &= ~kGoodOutcome;
    if ((outcomes & bit_of(wish.outcome)) != 0) behind_.push_back(std::move(wish.operation));
  }
}

}  // namespace maildrop::filter
