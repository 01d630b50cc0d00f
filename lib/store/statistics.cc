/// statistics.cc: the rules that all backends keep.
#include "store/statistics.h"

#include <algorithm>
#include <iterator>

namespace maildrop::store {

Hour hours_kept(std::chrono::milliseconds age) {
  return std::max<Hour>(1, std::chrono::ceil<std::chrono::hours>(age).count());
}

std::optional<Hour> newest_of(std::span<const Count> counts) {
  std::optional<Hour> newest;
  for (const Count& each : counts) newest = newest ? std::max(*newest, each.hour) : each.hour;
  return newest;
}

std::string_view series::latency_member(double seconds) {
  const LatencyBound* found = std::find_if(std::begin(kLatencyBounds), std::end(kLatencyBounds),
                                           [seconds](const LatencyBound& bound) { return seconds <= bound.seconds; });
  return found == std::end(kLatencyBounds) ? kLonger : found->name;
}

std::string_view series::fitting(std::string_view name) {
  return name.empty() || name.size() > Statistics::kLongestName ? kOther : name;
}

}  // namespace maildrop::store
