/// reporter.h: takes decisions from the loops, and brings them to wherever they are kept.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "report/decision.h"
#include "report/sink.h"

namespace maildrop::report {

/// Each place has a queue and a thread of its own, so that one that hangs keeps nothing from the others, and none of
/// them a loop. What does not fit into a queue is dropped and counted: mail never waits for its reports. Thread-safe.
class Reporter {
 public:
  struct Limits {
    std::size_t queue = 4u << 20;  // bytes of decisions that wait for a place
    Millis first_pause{1000};      // after a write that failed; then twice that, and so on
    Millis longest_pause{60'000};
    Millis farewell{1000};  // for what waits at the end
  };

  /// All places of these settings, and `more`; nullptr: there are none. `clock` and `metrics` outlive it.
  ///   invalid  what is wrong with which place
  static Result<std::unique_ptr<Reporter>> make(const Config& config, const Clock& clock, metrics::Registry& metrics,
                                                std::vector<std::unique_ptr<Sink>> more = {});
  /// Of places that are there.
  Reporter(std::vector<std::unique_ptr<Sink>> sinks, std::string key, const Limits& limits, metrics::Registry& metrics);
  ~Reporter();
  Reporter(const Reporter&) = delete;

  /// Whether any place wants what is decided now: a decision takes time to make.
  bool wanted() const;
  /// Never blocks, never fails: what cannot be reported is counted.
  void tell(Decision decision) noexcept;

  /// A line for each place that does not take what it is given.
  std::string impaired() const;

 private:
  class Lane;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace maildrop::report
