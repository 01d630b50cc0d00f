/// admission.cc: counting connections.
#include "service/admission.h"

#include <cassert>
#include <utility>

namespace maildrop::service {

Admission::Answer Admission::enter(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  if (total_ >= limits_.total) return Answer::full;
  const IpAddress from = source(address);
  const auto known = sources_.find(from);
  const std::size_t there = known == sources_.end() ? 0 : known->second;
  const std::size_t cap = address.is_v4() ? limits_.per_ipv4 : limits_.per_ipv6_64;
  const bool capped = address != IpAddress() && !contains(limits_.exempt, address);
  if (capped && there >= cap) return Answer::source_full;
  ++total_;
  ++sources_[from];
  return Answer::admitted;
}

void Admission::leave(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  assert(total_ > 0);  // more were given back than admitted
  --total_;
  const auto found = sources_.find(source(address));
  if (found != sources_.end() && --found->second == 0) sources_.erase(found);
}

std::size_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

void Admission::apply(AdmissionLimits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = std::move(limits);
}

}  // namespace maildrop::service
