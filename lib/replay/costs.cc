/// costs.cc: a sum beside each spread, which a mean is exact by.
#include "replay/costs.h"

namespace maildrop::replay {

void Costs::Row::add(std::uint64_t more) {
  spread.add(std::chrono::microseconds(more));
  micros += more;
}

double Costs::Row::mean() const {
  const std::uint64_t count = spread.count();
  return count == 0 ? 0 : static_cast<double>(micros) / static_cast<double>(count) / 1000;
}

void Costs::add(const Outcome& outcome) {
  std::uint64_t all = 0;
  for (const Cost& cost : outcome.costs) {
    rows_[cost.filter].add(cost.micros);
    all += cost.micros;
  }
  messages_.add(all);
}

}  // namespace maildrop::replay
