/// flood.cc: buckets that fill by the clock when they are looked at.
#include "service/flood.h"

#include <algorithm>
#include <cmath>

namespace maildrop::service {

namespace {

constexpr float kWorthTelling = 1.0F / 16;

std::size_t index(Flood::Of of) { return static_cast<std::size_t>(of); }

}  // namespace

Flood::Key Flood::key_of(const IpAddress& address, bool network) {
  return {network ? address.network() : address.source(), network};
}

/// 0: any number.
unsigned Flood::per_minute(Of of, bool network) const {
  const unsigned factor = network ? limits_.network_factor : 1;
  switch (of) {
    case Of::connection: return limits_.connections * factor;
    case Of::message: return limits_.messages * factor;
    case Of::recipient: return limits_.recipients * factor;
    case Of::error: return limits_.errors * factor;
  }
  return 0;
}

float Flood::spent(const Record& record, Of of, Monotonic now) const {
  const float minutes = std::chrono::duration<float, std::ratio<60>>(now - record.as_of).count();
  const auto most = static_cast<float>(per_minute(of, record.key.network));
  return std::clamp(record.spent[index(of)] - minutes * most, 0.0F, limits_.shared ? 2 * most : most);
}

const Flood::Record* Flood::find(const Key& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &*found->second;
}

/// Not one more fits.
bool Flood::is_spent(const Key& key, Of of, Monotonic now) const {
  const Record* record = find(key);
  return record && spent(*record, of, now) + 1 > static_cast<float>(per_minute(of, key.network));
}

/// The record, brought up to date.
Flood::Record& Flood::touch(const Key& key, Monotonic now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    records_.push_front({key, {}, now});
    by_key_[key] = records_.begin();
    shrink();
    return records_.front();
  }
  records_.splice(records_.begin(), records_, found->second);
  Record& record = records_.front();
  for (std::size_t i = 0; i < kKinds; ++i) record.spent[i] = spent(record, static_cast<Of>(i), now);
  record.as_of = now;
  return record;
}

bool Flood::take(const IpAddress& address, Of of) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (per_minute(of, false) == 0) return true;
  const Key source = key_of(address, false);
  const Key network = key_of(address, true);
  // The source first: who has spent his own is not to spend his neighbours'. What is refused makes no record, or those
  // who come from ever new addresses would have the records of others forgotten.
  for (const Key& key : {source, network}) {
    if (!is_spent(key, of, now)) continue;
    touch(key, now);
    return false;
  }
  for (const Key& key : {source, network}) spend(key, of, now);
  return true;
}

void Flood::spend(const Key& key, Of of, Monotonic now) {
  Record& record = touch(key, now);
  const std::size_t i = index(of);
  ++record.spent[i];
  if (!limits_.shared) return;
  ++record.untold[i];
  const bool worth_it = record.spent[i] >= kWorthTelling * static_cast<float>(per_minute(of, key.network));
  if (!worth_it || record.waiting[i] || untold_.size() >= kMostUntold) return;
  untold_.emplace_back(key, of);
  record.waiting[i] = true;
}

std::vector<Flood::Spending> Flood::untold(std::size_t most) {
  std::vector<Spending> found;
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  for (; found.size() < most && !untold_.empty(); untold_.pop_front()) {
    const auto [key, of] = untold_.front();
    const auto known = by_key_.find(key);
    if (known == by_key_.end()) continue;
    Record& record = *known->second;
    const auto missing = static_cast<unsigned>(std::ceil(spent(record, of, now)));
    const unsigned tokens = std::min(record.untold[index(of)], missing);
    if (tokens > 0) found.push_back({key.prefix, key.network, of, tokens, per_minute(of, key.network)});
    record.untold[index(of)] = 0;
    record.waiting[index(of)] = false;
  }
  return found;
}

void Flood::hear(const Spending& told, unsigned missing) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const Key key{told.prefix, told.network};
  if (!by_key_.contains(key)) return;
  Record& record = touch(key, now);
  const std::size_t i = index(told.of);
  const auto most = static_cast<float>(per_minute(told.of, told.network));
  const float all = static_cast<float>(missing) + static_cast<float>(record.untold[i]);
  record.spent[i] = std::max(record.spent[i], std::min(all, 2 * most));
}

bool Flood::outcast(const IpAddress& address) const {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (limits_.errors == 0) return false;
  return is_spent(key_of(address, false), Of::error, now) || is_spent(key_of(address, true), Of::error, now);
}

bool Flood::suspect(const IpAddress& address) const {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const Record* record = find(key_of(address, false));
  return record && limits_.errors > 0 && 2 * spent(*record, Of::error, now) >= static_cast<float>(limits_.errors);
}

void Flood::apply(FloodLimits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
  if (!limits_.shared) {
    untold_.clear();
    for (Record& record : records_) {
      record.untold = {};
      record.waiting = {};
    }
  }
  shrink();
}

std::size_t Flood::size() const {
  const std::lock_guard lock(mutex_);
  return records_.size();
}

/// The two seen last stay: somebody is using them.
void Flood::shrink() {
  while (records_.size() > std::max<std::size_t>(2, limits_.records)) {
    by_key_.erase(records_.back().key);
    records_.pop_back();
  }
}

}  // namespace maildrop::service
