/// breaker.cc: one probe at a time.
#include "filter/breaker.h"

#include <utility>

namespace maildrop::filter {

bool Breaker::admits(Monotonic now) {
  if (unanswered_.load(std::memory_order_relaxed) < kFailures) return true;
  const Monotonic::rep moment = now.time_since_epoch().count();
  Monotonic::rep last = probed_.load(std::memory_order_relaxed);
  const bool due = moment - last >= Monotonic::duration(kPause).count();
  return due && probed_.compare_exchange_strong(last, moment, std::memory_order_relaxed);
}

void Breaker::count(bool answered, Monotonic now) {
  if (answered) return unanswered_.store(0, std::memory_order_relaxed);
  unanswered_.fetch_add(1, std::memory_order_relaxed);
  if (named_.load(std::memory_order_relaxed)) outage_.count(false, now);
}

void Breaker::count_use(bool useful, Monotonic now) {
  if (named_.load(std::memory_order_relaxed)) outage_.count(useful, now);
}

void Breaker::set_askers(std::string askers) {
  const bool named = !askers.empty();
  outage_.set_askers(std::move(askers));
  named_.store(named, std::memory_order_relaxed);
  if (!named) outage_.forget();
}

void Breakers::name_only(const Askers& services) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, breaker] : breakers_) {
    const auto found = services.find(name);
    breaker->set_askers(found == services.end() ? std::string() : found->second);
  }
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
  for (const auto& [name, breaker] : breakers_) {
    if (!breaker->outage().active()) continue;
    const std::string askers = breaker->outage().askers();
    names.push_back(name + (askers.empty() ? "" : " (" + askers + ")"));
  }
  return names;
}

}  // namespace maildrop::filter
