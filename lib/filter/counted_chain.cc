/// counted_chain.cc: by filter, and what it found.
#include "filter/counted_chain.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "filter/trace.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kActions = "maildrop_filter_actions_total";
constexpr std::string_view kActionsHelp =
    "Sessions, recipients and messages that a filter refused or discarded, and messages that it marked; score is the "
    "sum of all";

}  // namespace

CountedChain::CountedChain(std::shared_ptr<const Chain> chain, metrics::Registry& registry, Breakers& breakers)
    : chain_(std::move(chain)), registry_(registry), faults_(chain_->links().size()) {
  registry.counters(kActions, kActionsHelp);
  Breakers::Askers askers;
  for (const Chain::Link& link : chain_->links()) {
    const std::optional<Endpoint> service = link.filter->service();
    if (service) {
      std::string& names = askers[service->to_string()];
      names += (names.empty() ? "" : ", ") + std::string(link.name);
    }
    services_.push_back(service ? &breakers.of(service->to_string()) : nullptr);
    const std::string label = "filter=\"" + std::string(link.name) + "\"";
    Meters& meters = meters_.emplace_back();
    for (std::size_t i = 0; i < std::size(kKinds); ++i)
      meters.results[i] = &registry.counter("maildrop_filter_findings_total", "What filters found",
                                            label + ",result=\"" + std::string(kKinds[i]) + "\"");
    meters.micros = &registry.counter("maildrop_filter_microseconds_total",
                                      "Time that filters took to judge, waiting not included", label);
  }
  breakers.name_only(askers);
}

CountedChain::Kind CountedChain::kind_of(const Finding& finding) {
  if (finding.failed) return failed;
  if (finding.score > 0 || finding.action != Action::pass) return against;
  return finding.score < 0 || finding.allows ? in_favour : silent;
}

void CountedChain::count(std::size_t filter, Phase phase, const Finding& finding, std::uint64_t micros) const {
  meters_[filter].results[kind_of(finding)]->add();
  meters_[filter].micros->add(micros);
  Faults& faults = faults_[filter][static_cast<std::size_t>(phase)];
  if (!finding.faulty) {
    if (faults.in_a_row.load(std::memory_order_relaxed) != 0) faults.in_a_row.store(0, std::memory_order_relaxed);
    return;
  }
  const std::lock_guard lock(mutex_);
  faults.last = finding.reason;
  faults.in_a_row.fetch_add(1, std::memory_order_relaxed);
}

std::vector<CountedChain::Failing> CountedChain::failing() const {
  std::vector<Failing> failing;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (services_[i]) continue;
    const auto worst = std::max_element(faults_[i].begin(), faults_[i].end(), [](const Faults& a, const Faults& b) {
      return a.in_a_row.load(std::memory_order_relaxed) < b.in_a_row.load(std::memory_order_relaxed);
    });
    if (worst->in_a_row.load(std::memory_order_relaxed) >= kFailing)
      failing.push_back({chain_->links()[i].name, worst->last});
  }
  return failing;
}

/// Series are made as they come: most filters do one thing, if any.
void CountedChain::count(std::string_view by, Action action) const {
  registry_
      .counter(kActions, kActionsHelp,
               "filter=\"" + std::string(by) + "\",action=\"" + std::string(name_of(action)) + "\"")
      .add();
}

}  // namespace maildrop::filter
