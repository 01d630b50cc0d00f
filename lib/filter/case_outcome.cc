/// case_outcome.cc: what came of a transaction or a session, and what filters want done then. Part of case.h.
#include <utility>

#include "filter/case.h"

namespace maildrop::filter {

namespace {

constexpr double kNextToNothing = 1;  // a score below it speaks against nobody

constexpr unsigned bit_of(Outcome outcome) { return 1u << static_cast<unsigned>(outcome); }
constexpr unsigned kGood = bit_of(Outcome::good);
constexpr unsigned kBad = bit_of(Outcome::bad);
constexpr unsigned kRefused = kBad | bit_of(Outcome::refused);

unsigned outcomes_of(Action action) {
  switch (action) {
    case Action::pass:
    case Action::delay:
    case Action::defer: return 0;
    case Action::tag:
    case Action::quarantine: return kBad;
    default: return kRefused;
  }
}

}  // namespace

/// Bits of what there is now. A filter that failed says nothing.
unsigned Case::outcomes_without(std::size_t filter, bool taken) const {
  if (allowing()) return 0;
  double sum = 0;
  unsigned outcomes = 0;
  for (const Entry* entry : concerned()) {
    if (entry->filter == filter || entry->finding.failed) continue;
    if (entry->effect.counts) sum += entry->effect.score;
    outcomes |= outcomes_of(entry->effect.action);
  }
  const Action by_score = action_of(chain_->settings(), sum);
  outcomes |= by_score == Action::defer ? kBad : outcomes_of(by_score);
  return outcomes == 0 && taken && sum < kNextToNothing ? kGood : outcomes;
}

/// A transaction is over, or all there was in place of one. `taken`: its message was.
void Case::conclude(bool taken) {
  if (std::exchange(concluded_, true)) return;
  std::vector<Wish> of_session;
  for (Wish& wish : wishes_) {
    const unsigned outcomes = outcomes_without(wish.filter, taken);
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
  settle_recipient();
  conclude(false);
  for (Wish& wish : std::exchange(wishes_, {})) {
    unsigned outcomes = outcomes_[wish.filter];
    if ((outcomes & kBad) != 0) outcomes &= ~kGood;
    if ((outcomes & bit_of(wish.outcome)) != 0) behind_.push_back(std::move(wish.operation));
  }
}

}  // namespace maildrop::filter
