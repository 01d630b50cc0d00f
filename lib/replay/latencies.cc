/// latencies.cc: a number's bucket is its highest bit and the six behind it.
#include "replay/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace maildrop::replay {

void Latencies::add(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const std::uint64_t micros = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)), kMax);
  ++buckets_[bucket(micros)];
  ++count_;
  max_ = std::max(max_, micros);
}

std::size_t Latencies::bucket(std::uint64_t micros) {
  if (micros < kExact) return static_cast<std::size_t>(micros);
  const unsigned shift = static_cast<unsigned>(std::bit_width(micros)) - kSubBits - 1;  // what is cut off
  return static_cast<std::size_t>((micros >> shift) + (shift << kSubBits));
}

double Latencies::middle(std::size_t bucket) {
  if (bucket < kExact) return static_cast<double>(bucket);
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t first = (bucket - (shift << kSubBits)) << shift;
  return static_cast<double>(first) + static_cast<double>((1ull << shift) - 1) / 2;
}

double Latencies::percentile(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) return std::min(middle(i), static_cast<double>(max_)) / 1000;
  }
  return 0;
}

double Latencies::max() const { return static_cast<double>(max_) / 1000; }

}  // namespace maildrop::replay
