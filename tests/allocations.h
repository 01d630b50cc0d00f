/// allocations.h: counts what the tests allocate, and makes one of them fail.
#pragma once

#include <cstddef>
#include <cstdint>

namespace maildrop::test {

/// Watches what this thread allocates from now on (C++ and aligned_alloc(); not what C libraries do). One at a time.
class Allocations {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;

  /// The allocation after so many good ones throws std::bad_alloc; those behind it are good again, unless `all`.
  explicit Allocations(std::size_t good = kNone, bool all = false);
  ~Allocations();
  Allocations(const Allocations&) = delete;

  /// Whether one has failed: without, there were no more than `good`.
  bool failed() const;
  /// The most that was held at once beyond what was held at the start, bytes.
  std::uint64_t peak() const;
};

}  // namespace maildrop::test
