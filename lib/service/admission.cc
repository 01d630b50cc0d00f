/// admission.cc: counting connections.
#include "service/admission.h"

#include <cassert>
#include <utility>

namespace maildrop::service {

bool Admission::has_room(const IpAddress& address) const {
  if (address == IpAddress() || contains(limits_.exempt, address)) return true;
  const auto known = sources_.find(source(address));
  const std::size_t there = known == sources_.end() ? 0 : known->second;
  return there < (address.is_v4() ? limits_.per_ipv4 : limits_.per_ipv6_64);
}

Admission::Answer Admission::enter(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  if (total_ >= limits_.total) return Answer::full;
  if (!has_room(address)) return Answer::source_full;
  ++total_;
  ++sources_[source(address)];
  return Answer::admitted;
}

Admission::Answer Admission::move(const IpAddress& from, const IpAddress& to) {
  const std::lock_guard lock(mutex_);
  if (source(from) == source(to)) return Answer::admitted;
  if (!has_room(to)) return Answer::source_full;
  ++sources_[source(to)];
  count_out(from);
  return Answer::admitted;
}

void Admission::leave(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  assert(total_ > 0);  // more were given back than admitted
  --total_;
  count_out(address);
}

void Admission::count_out(const IpAddress& address) {
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
