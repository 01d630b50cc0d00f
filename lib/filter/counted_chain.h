/// counted_chain.h: a chain, what the findings of its filters are counted in, and the services that these ask.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/metrics.h"
#include "filter/breaker.h"
#include "filter/chain.h"

namespace maildrop::filter {

/// Thread-safe. Both that are given outlive it.
class CountedChain {
 public:
  /// From now on the services of this chain are those that are asked.
  CountedChain(std::shared_ptr<const Chain> chain, metrics::Registry& registry, Breakers& breakers);

  const std::shared_ptr<const Chain>& chain() const { return chain_; }
  /// `filter` is an index of chain()->links().
  void count(std::size_t filter, Phase phase, const Finding& finding, std::uint64_t micros) const;
  /// What was done, `by` whom: as Verdict::by.
  void count(std::string_view by, Action action) const;
  /// A filter whose last kFailing answers at a phase were faults of its own fails. One that asks a service does not:
  /// that has an outage.
  static constexpr unsigned kFailing = 5;
  struct Failing {
    std::string_view filter;
    std::string why;  // the last one
  };
  std::vector<Failing> failing() const;

  /// nullptr: it asks none.
  Breaker* service_of(std::size_t filter) const { return services_[filter]; }

 private:
  enum Kind : std::size_t { silent, against, in_favour, failed };
  static constexpr std::string_view kKinds[] = {"silent", "against", "in_favour", "failed"};
  struct Meters {
    std::array<metrics::Counter*, std::size(kKinds)> results{};
    metrics::Counter* micros = nullptr;
  };
  /// Of a filter at a phase.
  struct Faults {
    std::atomic<unsigned> in_a_row{0};
    std::string last{};
  };
  static constexpr std::size_t kPhases = std::size(kPhaseNames);
  static Kind kind_of(const Finding& finding);

  std::shared_ptr<const Chain> chain_;
  metrics::Registry& registry_;
  std::vector<Meters> meters_;  // as chain()->links()
  std::vector<Breaker*> services_;
  mutable std::vector<std::array<Faults, kPhases>> faults_;  // as chain()->links()
  mutable std::mutex mutex_;                                 // of their `last`
};

}  // namespace maildrop::filter
