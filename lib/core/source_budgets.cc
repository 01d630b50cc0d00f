/// source_budgets.cc: budgets that are forgotten with their last holder.
#include "core/source_budgets.h"

namespace maildrop {

std::shared_ptr<Budget> SourceBudgets::of(const IpAddress& source) {
  const auto forget = [this, key = source](Budget* budget) {
    delete budget;
    const std::lock_guard lock(mutex_);
    const auto known = sources_.find(key);
    if (known != sources_.end() && known->second.expired()) sources_.erase(known);
  };
  std::shared_ptr<Budget> made(new Budget(limit_), forget);
  // In this order: what goes at the end of the scope takes the lock itself.
  std::shared_ptr<Budget> there;
  const std::lock_guard lock(mutex_);
  std::weak_ptr<Budget>& known = sources_[source];
  there = known.lock();
  if (there) return there;
  known = made;
  return made;
}

}  // namespace maildrop
