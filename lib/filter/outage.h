/// outage.h: whether the world answers at all: told once when it stops and once when it goes on, not for each mail.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"

namespace maildrop::filter {

/// Of one source of facts, by the sessions that asked it. Thread-safe; lock-free, but where something is told.
class Outage {
 public:
  /// Sessions in a row that had no answer at all, each counted at most once for each phase: one whose own domain is
  /// dead is no outage, nor are many of them, as long as others have answers.
  static constexpr unsigned kSessions = 20;

  /// `source` names it in logs and metrics (`dns`), and outlives it. `least`: since the last answer. `failures`: in a
  /// row.
  Outage(std::string_view source, metrics::Registry& metrics, Millis least, unsigned failures = kSessions);

  void count(bool answered, Monotonic now);
  /// Nobody asks it any more.
  void forget();
  /// The filters that ask it, `http`, as it is told from now on; empty: any.
  void set_askers(std::string askers);
  std::string askers() const;
  bool active() const { return active_.load(std::memory_order_relaxed); }
  std::string_view source() const { return source_; }

 private:
  std::string_view source_;
  metrics::Gauge& gauge_;
  Monotonic::duration least_;
  unsigned most_;
  std::atomic<Monotonic::rep> last_{0};  // when there was an answer, or the first failure since the start
  std::atomic<unsigned> failures_{0};    // since then
  std::atomic<bool> active_{false};
  mutable std::mutex mutex_;  // of what follows
  std::string askers_;
};

}  // namespace maildrop::filter
