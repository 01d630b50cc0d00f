/// list_counts.h: what each list of addresses finds, and what it finds alone: whether it is worth its questions.
#pragma once

#include <string_view>

#include "core/metrics.h"

namespace maildrop::filter {

/// Thread-safe.
class ListCounts {
 public:
  static constexpr std::size_t kMost = 20;  // lists of a client that are counted, so that pairs stay few

  explicit ListCounts(metrics::Registry& registry);

  /// A client that these lists have: the fact `dnsbl`, names with blanks between them.
  void count(std::string_view lists);

 private:
  metrics::Registry& registry_;
};

}  // namespace maildrop::filter
