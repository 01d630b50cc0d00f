/// latencies.h: durations in logarithmic buckets: percentiles of any number of them in bounded memory.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace maildrop::replay {

/// In microseconds, exact below 128, then 64 buckets for each doubling: what is told of a value is off by 0.8 % at
/// most. What is longer than 19 hours counts as that. Not thread-safe.
class Latencies {
 public:
  using Duration = std::chrono::steady_clock::duration;

  void add(Duration duration);
  std::uint64_t count() const { return count_; }
  /// The value that `part` (0 to 1) of them do not exceed, in milliseconds; 0 without any.
  double percentile(double part) const;
  double max() const;  // exact, in milliseconds

 private:
  static constexpr unsigned kSubBits = 6;                  // 2^6 buckets for each doubling
  static constexpr unsigned kExact = 2u << kSubBits;       // values below have a bucket of their own
  static constexpr std::uint64_t kMax = (1ull << 36) - 1;  // microseconds
  static constexpr std::size_t kBuckets = kExact + ((36 - kSubBits - 1) << kSubBits);

  static std::size_t bucket(std::uint64_t micros);
  static double middle(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace maildrop::replay
