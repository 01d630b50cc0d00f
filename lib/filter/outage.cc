/// outage.cc: counts, and tells of each change once.
#include "filter/outage.h"

#include <string>

#include "core/log.h"

namespace maildrop::filter {

Outage::Outage(std::string_view source, metrics::Registry& metrics)
    : source_(source),
      gauge_(metrics.gauge("maildrop_filter_outage",
                           "Outages of what filters ask: 1 while its last 50 questions had no answer",
                           "source=\"" + std::string(source) + "\"")) {}

void Outage::count(bool answered) {
  if (answered) {
    if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0, std::memory_order_relaxed);
    if (!active() || !active_.exchange(false)) return;
    gauge_.set(0);
    log::info("filters have answers again", {{"source", source_}});
    return;
  }
  if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 < kFailures || active() || active_.exchange(true)) return;
  gauge_.set(1);
  log::warning("filters have no answers", {{"source", source_}});
}

}  // namespace maildrop::filter
