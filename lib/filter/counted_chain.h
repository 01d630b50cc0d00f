/// counted_chain.h: a chain, what the findings of its filters are counted in, and the services that these ask.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
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
  void count(std::size_t filter, const Finding& finding, std::uint64_t micros) const;
  /// nullptr: it asks none.
  Breaker* service_of(std::size_t filter) const { return services_[filter]; }

 private:
  enum Kind : std::size_t { silent, against, in_favour, failed };
  static constexpr std::string_view kKinds[] = {"silent", "against", "in_favour", "failed"};
  struct Meters {
    std::array<metrics::Counter*, std::size(kKinds)> results{};
    metrics::Counter* micros = nullptr;
  };
  static Kind kind_of(const Finding& finding);

  std::shared_ptr<const Chain> chain_;
  std::vector<Meters> meters_;  // as chain()->links()
  std::vector<Breaker*> services_;
};

}  // namespace maildrop::filter
