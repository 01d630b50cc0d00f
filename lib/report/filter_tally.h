/// filter_tally.h: how often each filter did what, of decisions that were reported.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "report/ranking.h"

namespace maildrop::report {

class FilterTally {
 public:
  static constexpr std::size_t kMost = 10'000;  // filters: more are in no configuration, and of those none is new

  struct Row {
    std::string filter;  // `score` is the sum of all
    std::array<std::uint64_t, kDeeds.size()> times{};
    Time first{}, last{};
  };

  void add(const Sighting& sighting);
  /// Who refused most is first; of those that refused as often, who deferred most, and so on. `most` rows.
  std::vector<Row> rows(std::size_t most) const;

 private:
  std::map<std::string, Row> rows_;  // their filters are empty
};

/// One object to a line, schema `maildrop.filters/1`.
std::string as_json(std::span<const FilterTally::Row> rows);
/// With a line of names (RFC 4180).
std::string as_csv(std::span<const FilterTally::Row> rows);

}  // namespace maildrop::report
