/// counted_chain.cc: by filter, and what it found.
#include "filter/counted_chain.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace maildrop::filter {

CountedChain::CountedChain(std::shared_ptr<const Chain> chain, metrics::Registry& registry, Breakers& breakers)
    : chain_(std::move(chain)) {
  std::set<std::string> named;
  for (const Chain::Link& link : chain_->links()) {
    const std::optional<Endpoint> service = link.filter->service();
    if (service) named.insert(service->to_string());
    services_.push_back(service ? &breakers.of(service->to_string()) : nullptr);
    const std::string label = "filter=\"" + std::string(link.name) + "\"";
    Meters& meters = meters_.emplace_back();
    for (std::size_t i = 0; i < std::size(kKinds); ++i)
      meters.results[i] = &registry.counter("maildrop_filter_findings_total", "What filters found",
                                            label + ",result=\"" + std::string(kKinds[i]) + "\"");
    meters.micros = &registry.counter("maildrop_filter_microseconds_total",
                                      "Time that filters took to judge, waiting not included", label);
  }
  breakers.name_only(named);
}

CountedChain::Kind CountedChain::kind_of(const Finding& finding) {
  if (finding.failed) return failed;
  if (finding.score > 0 || finding.action != Action::pass) return against;
  return finding.score < 0 || finding.allows ? in_favour : silent;
}

void CountedChain::count(std::size_t filter, const Finding& finding, std::uint64_t micros) const {
  meters_[filter].results[kind_of(finding)]->add();
  meters_[filter].micros->add(micros);
}

}  // namespace maildrop::filter
