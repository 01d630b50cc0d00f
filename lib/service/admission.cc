/// admission.cc: counting connections.
#include "service/admission.h"

#include <cassert>
#include <utility>

namespace maildrop::service {

namespace {

std::size_t at(const std::unordered_map<IpAddress, std::size_t>& counts, const IpAddress& address) {
  const auto known = counts.find(address);
  return known == counts.end() ? 0 : known->second;
}

/// How many there are now.
std::size_t count_down(std::unordered_map<IpAddress, std::size_t>& counts, const IpAddress& address) {
  const auto found = counts.find(address);
  if (found == counts.end()) return 0;
  if (--found->second > 0) return found->second;
  counts.erase(found);
  return 0;
}

}  // namespace

bool Admission::capped(const IpAddress& address) const {
  return address != IpAddress() && !contains(limits_.exempt, address);
}

bool Admission::has_room(const IpAddress& address) const {
  if (!capped(address)) return true;
  const bool v4 = address.is_v4();
  const std::size_t around = v4 ? limits_.per_ipv4_24 : limits_.per_ipv6_48;
  return at(sources_, address.source()) < (v4 ? limits_.per_ipv4 : limits_.per_ipv6_64) &&
         (around == 0 || at(networks_, address.network()) < around);
}

Admission::Answer Admission::enter(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  if (total_ >= limits_.total) return Answer::full;
  if (!has_room(address)) return Answer::source_full;
  // Or sources that have as many as each other would fill the house, and nobody else came in.
  const std::size_t seats = at(sources_, address.source());
  if (nearly_full() && capped(address) && seats > 0 && (fewer_than(32) || !most_beyond(seats))) return Answer::full;
  count_in(address);
  ++total_;
  return Answer::admitted;
}

Admission::Answer Admission::move(const IpAddress& from, const IpAddress& to) {
  const std::lock_guard lock(mutex_);
  const bool sources = from != IpAddress() && to != IpAddress();  // `::1` is one, and in the /64 of `::`
  if (from == to || (sources && from.source() == to.source())) return Answer::admitted;
  if (!has_room(to)) return Answer::source_full;
  count_in(to);
  count_out(from);
  return Answer::admitted;
}

void Admission::leave(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  assert(total_ > 0);  // more were given back than admitted
  --total_;
  count_out(address);
}

/// All that can fail comes first.
void Admission::count_in(const IpAddress& address) {
  if (address == IpAddress()) return;
  std::size_t& around = networks_[address.network()];
  std::size_t& seats = sources_[address.source()];
  rank(address.source(), seats, seats + 1);
  ++around;
  ++seats;
}

void Admission::count_out(const IpAddress& address) noexcept {
  if (address == IpAddress()) return;
  count_down(networks_, address.network());
  const std::size_t now = count_down(sources_, address.source());
  rank(address.source(), now + 1, now);
}

/// Takes memory only where a source gets its second seat.
void Admission::rank(const IpAddress& source, std::size_t before, std::size_t now) {
  if (before < 2) {
    if (now > 1) most_.insert({now, source});
    return;
  }
  auto node = most_.extract({before, source});
  if (now < 2 || node.empty()) return;
  node.value() = {now, source};
  most_.insert(std::move(node));
}

bool Admission::scarce() const {
  const std::lock_guard lock(mutex_);
  return 4 * total_ >= 3 * limits_.total;
}

std::optional<IpAddress> Admission::crowding(const IpAddress& newcomer) const {
  const std::lock_guard lock(mutex_);
  if (!nearly_full()) return std::nullopt;
  return most_beyond(capped(newcomer) ? at(sources_, newcomer.source()) : 0);
}

/// The source that has most, and at least two more than `seats`.
std::optional<IpAddress> Admission::most_beyond(std::size_t seats) const {
  for (auto each = most_.rbegin(); each != most_.rend() && each->first >= seats + 2; ++each)
    if (capped(each->second)) return each->second;
  return std::nullopt;
}

std::size_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::size_t Admission::count(const IpAddress& address) const {
  const std::lock_guard lock(mutex_);
  return at(sources_, address.source());
}

std::vector<Admission::Seats> Admission::busiest(std::size_t most) const {
  const std::lock_guard lock(mutex_);
  std::vector<Seats> found;
  for (auto each = most_.rbegin(); each != most_.rend() && found.size() < most; ++each)
    found.push_back({each->second, each->first});
  return found;
}

void Admission::apply(AdmissionLimits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = std::move(limits);
}

}  // namespace maildrop::service
