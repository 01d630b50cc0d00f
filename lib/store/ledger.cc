/// ledger.cc: a map, and the order in which it is forgotten.
#include "store/ledger.h"

namespace maildrop::store {

void Ledger::note(std::string_view key, std::chrono::milliseconds lifetime) {
  const Monotonic until = clock_.monotonic() + lifetime;
  const std::lock_guard lock(mutex_);
  order_.push_back({std::string(key), until});
  until_[order_.back().key] = until;
  shrink();
}

bool Ledger::noted(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(std::string(key));
  return found != until_.end() && clock_.monotonic() < found->second;
}

void Ledger::set_limit(std::size_t most) {
  const std::lock_guard lock(mutex_);
  most_ = most;
  shrink();
}

std::size_t Ledger::size() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

/// What is over goes at the same time: records of one kind have one lifetime, so the oldest are the first to be over.
void Ledger::shrink() {
  const Monotonic now = clock_.monotonic();
  while (!order_.empty() && (order_.size() > most_ || order_.front().until <= now)) {
    const auto found = until_.find(order_.front().key);
    if (found != until_.end() && found->second == order_.front().until) until_.erase(found);
    order_.pop_front();
  }
}

}  // namespace maildrop::store
