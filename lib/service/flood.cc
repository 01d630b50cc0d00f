/// flood.cc: whose buckets a token is taken from.
#include "service/flood.h"

#include <algorithm>

namespace maildrop::service {

namespace {

std::size_t index(Flood::Of of) { return static_cast<std::size_t>(of); }

/// The largest of all kinds.
float share_used(const Flood::Standing& standing) {
  float most = 0;
  for (std::size_t i = 0; i < standing.used.size(); ++i)
    if (standing.limit[i] > 0) most = std::max(most, standing.used[i] / static_cast<float>(standing.limit[i]));
  return most;
}

}  // namespace

Flood::Rates::Key Flood::key_of(const IpAddress& address, bool network) {
  return {network ? address.network() : address.source(), network};
}

/// 0: any number.
unsigned Flood::Rates::per_minute(const Key& key, std::size_t kind) const {
  const unsigned factor = key.network ? limits.network_factor : 1;
  switch (static_cast<Of>(kind)) {
    case Of::connection: return limits.connections * factor;
    case Of::message: return limits.messages * factor;
    case Of::recipient: return limits.recipients * factor;
    case Of::error: return limits.errors * factor;
  }
  return 0;
}

bool Flood::is_spent(const IpAddress& address, bool network, Of of, Monotonic now) const {
  return buckets_.is_spent(key_of(address, network), index(of), now);
}

bool Flood::take(const IpAddress& address, Of of) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const Rates::Key source = key_of(address, false);
  const Rates::Key network = key_of(address, true);
  if (buckets_.rates().per_minute(source, index(of)) == 0) return true;
  // The source first: who has spent his own is not to spend his neighbours'.
  for (const Rates::Key& key : {source, network}) {
    if (!buckets_.is_spent(key, index(of), now)) continue;
    buckets_.refresh(key, now);
    return false;
  }
  for (const Rates::Key& key : {source, network}) buckets_.spend(key, index(of), now);
  return true;
}

std::vector<Flood::Spending> Flood::untold(std::size_t most) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  std::vector<Spending> found;
  for (const auto& [key, kind, tokens, per_minute] : buckets_.untold(most, now))
    found.push_back({key.prefix, key.network, static_cast<Of>(kind), tokens, per_minute});
  return found;
}

void Flood::hear(const Spending& told, float missing) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  buckets_.hear({{told.prefix, told.network}, index(told.of), told.tokens, told.per_minute}, missing, now);
}

bool Flood::outcast(const IpAddress& address) const {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (buckets_.rates().limits.errors == 0) return false;
  return is_spent(address, false, Of::error, now) || is_spent(address, true, Of::error, now);
}

bool Flood::suspect(const IpAddress& address) const {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const unsigned most = buckets_.rates().limits.errors;
  const float missing = buckets_.missing(key_of(address, false), index(Of::error), now);
  return most > 0 && 2 * missing >= static_cast<float>(most);
}

Flood::Standing Flood::standing(const Rates::Key& key, Monotonic now) const {
  Standing found{key.prefix, key.network, {}, {}, false};
  for (std::size_t i = 0; i < Rates::kKinds; ++i) {
    found.limit[i] = buckets_.rates().per_minute(key, i);
    found.used[i] = buckets_.missing(key, i, now);
  }
  found.outcast = found.limit[index(Of::error)] > 0 && buckets_.is_spent(key, index(Of::error), now);
  return found;
}

std::optional<Flood::Standing> Flood::standing(const IpAddress& address, bool network) const {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const Standing found = standing(key_of(address, network), now);
  if (share_used(found) == 0) return std::nullopt;
  return found;
}

std::vector<Flood::Standing> Flood::busiest(std::size_t most) const {
  const Monotonic now = clock_.monotonic();
  std::vector<Standing> found;
  {
    const std::lock_guard lock(mutex_);
    buckets_.each_key(kLook, [&](const Rates::Key& key) {
      Standing one = standing(key, now);
      if (share_used(one) > 0) found.push_back(one);
    });
  }
  const auto more = [](const Standing& a, const Standing& b) { return share_used(a) > share_used(b); };
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(most, found.size()));
  std::partial_sort(found.begin(), end, found.end(), more);
  found.erase(end, found.end());
  return found;
}

void Flood::forgive(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  for (const bool network : {false, true}) buckets_.forget(key_of(address, network));
}

void Flood::apply(const FloodLimits& limits) {
  const std::lock_guard lock(mutex_);
  buckets_.apply(Rates(limits));
}

std::size_t Flood::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace maildrop::service
