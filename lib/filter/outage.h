/// outage.h: whether the world answers at all: told once when it stops and once when it goes on, not for each mail.
#pragma once

#include <atomic>
#include <string_view>

#include "core/metrics.h"

namespace maildrop::filter {

/// Counts answers and failures of one source of facts. Thread-safe, lock-free.
class Outage {
 public:
  /// Failures in a row: a single domain whose servers are dead is no outage.
  static constexpr unsigned kFailures = 50;

  /// `source` names it in logs and metrics (`dns`), and outlives it.
  Outage(std::string_view source, metrics::Registry& metrics);

  void count(bool answered);
  std::string_view source() const { return source_; }
  bool active() const { return active_.load(std::memory_order_relaxed); }

 private:
  std::string_view source_;
  metrics::Gauge& gauge_;
  std::atomic<unsigned> failures_{0};  // since the last answer
  std::atomic<bool> active_{false};
};

}  // namespace maildrop::filter
