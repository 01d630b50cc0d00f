/// shares.h: who may have how many of a few things that all want: connections, places in a queue. No I/O.
///
/// A source never has more than are free (the dynamic threshold of Choudhury and Hahne, "Dynamic queue length
/// thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998): one alone has half
/// of them, and whoever comes new finds some. Not thread-safe.
#pragma once

#include <cstddef>
#include <map>

#include "core/net.h"

namespace maildrop {

class Shares {
 public:
  explicit Shares(std::size_t all) : all_(all) {}

  /// Whether that source may have one more now. `::` is who does not come from the network: it may have all.
  bool admits(const IpAddress& source) const {
    if (used_ >= all_) return false;
    const auto found = of_.find(source);
    return found == of_.end() || source == IpAddress() || found->second < all_ - used_;
  }
  void take(const IpAddress& source) {
    ++of_[source];
    ++used_;
  }
  /// REQUIRES: it has one.
  void give_back(const IpAddress& source) noexcept {
    const auto found = of_.find(source);
    if (--found->second == 0) of_.erase(found);
    --used_;
  }

 private:
  std::size_t all_, used_ = 0;
  std::map<IpAddress, std::size_t> of_;
};

}  // namespace maildrop
