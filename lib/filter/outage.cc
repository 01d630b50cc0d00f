/// outage.cc: counts, and tells of each change once.
#include "filter/outage.h"

#include <utility>

#include "core/log.h"

namespace maildrop::filter {

Outage::Outage(std::string_view source, metrics::Registry& metrics, Millis least, unsigned failures)
    : source_(source),
      gauge_(metrics.gauge(
          "maildrop_filter_outage",
          "Outages of what filters ask: 1 while the last sessions had no answer at all, for some time; of a service, "
          "the last calls had none of use",
          "source=\"" + std::string(source) + "\"")),
      least_(least),
      most_(failures) {}

void Outage::count(bool answered, Monotonic now) {
  const Monotonic::rep moment = now.time_since_epoch().count();
  if (answered) {
    last_.store(moment, std::memory_order_relaxed);
    failures_.store(0, std::memory_order_relaxed);
    if (!active() || !active_.exchange(false)) return;
    gauge_.set(0);
    log::info("filters have answers again", {{"source", source_}, log::Field::if_any("filter", askers())});
    return;
  }
  Monotonic::rep never = 0;
  last_.compare_exchange_strong(never, moment, std::memory_order_relaxed);
  const bool many = failures_.fetch_add(1, std::memory_order_relaxed) + 1 >= most_;
  const bool long_ago = moment - last_.load(std::memory_order_relaxed) >= least_.count();
  if (!many || !long_ago || active() || active_.exchange(true)) return;
  gauge_.set(1);
  log::warning("filters have no answers", {{"source", source_}, log::Field::if_any("filter", askers())});
}

void Outage::forget() {
  failures_.store(0, std::memory_order_relaxed);
  if (!active_.exchange(false)) return;
  gauge_.set(0);
  log::info("filters ask it no more", {{"source", source_}});
}

void Outage::set_askers(std::string askers) {
  const std::lock_guard lock(mutex_);
  askers_ = std::move(askers);
}

std::string Outage::askers() const {
  const std::lock_guard lock(mutex_);
  return askers_;
}

}  // namespace maildrop::filter
