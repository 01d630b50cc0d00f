/// breaker.cc: one probe at a time.
#include "filter/breaker.h"

namespace maildrop::filter {

bool Breaker::admits(Monotonic now) {
  if (!outage_.active()) return true;
  const Monotonic::rep moment = now.time_since_epoch().count();
  Monotonic::rep last = probed_.load(std::memory_order_relaxed);
  const bool due = moment - last >= Monotonic::duration(kPause).count();
  return due && probed_.compare_exchange_strong(last, moment, std::memory_order_relaxed);
}

Breaker& Breakers::of(const std::string& service) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Breaker>& breaker = breakers_[service];
  if (!breaker) breaker = std::make_unique<Breaker>(service, metrics_);
  return *breaker;
}

std::vector<std::string> Breakers::active() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, breaker] : breakers_)
    if (breaker->outage().active()) names.push_back(name);
  return names;
}

}  // namespace maildrop::filter
