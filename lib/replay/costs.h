/// costs.h: what filters took, in time. Apart from the summary of a run, as these are other figures each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "replay/latencies.h"
#include "replay/outcome.h"

namespace maildrop::replay {

/// Bounded: some 16 KB for each filter. A value; not thread-safe.
class Costs {
 public:
  struct Row {
    Latencies spread{};
    std::uint64_t micros = 0;  // of all together

    void add(std::uint64_t more);
    double mean() const;  // milliseconds, as of Latencies; 0 without any
  };

  explicit Costs(std::size_t filters = 0) : rows_(filters) {}

  /// REQUIRES: its filters are of those.
  void add(const Outcome& outcome);
  const std::vector<Row>& filters() const { return rows_; }  // in the order of the chain
  const Row& messages() const { return messages_; }          // of all filters together

 private:
  std::vector<Row> rows_;
  Row messages_{};
};

}  // namespace maildrop::replay
