/// statistics.cc: the rules that all backends keep.
#include "store/statistics.h"

#include <algorithm>

namespace maildrop::store {

Hour hours_kept(std::chrono::milliseconds age) {
  return std::max<Hour>(1, std::chrono::ceil<std::chrono::hours>(age).count());
}

std::optional<Hour> newest_of(std::span<const Count> counts) {
  std::optional<Hour> newest;
  for (const Count& each : counts) newest = newest ? std::max(*newest, each.hour) : each.hour;
  return newest;
}

std::string_view series::fitting(std::string_view name) {
  return name.empty() || name.size() > Statistics::kLongestName ? kOther : name;
}

}  // namespace maildrop::store
