/// filter_tally.cc: counting, JSON and CSV.
#include "report/filter_tally.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace maildrop::report {

void FilterTally::add(const Sighting& sighting) {
  const auto deed = std::find(kDeeds.begin(), kDeeds.end(), sighting.deed);
  if (deed == kDeeds.end() || (rows_.size() >= kMost && !rows_.contains(sighting.by))) return;
  const auto [place, fresh] = rows_.try_emplace(sighting.by);
  Row& row = place->second;
  ++row.times[static_cast<std::size_t>(deed - kDeeds.begin())];
  row.first = fresh ? sighting.time : std::min(row.first, sighting.time);
  row.last = fresh ? sighting.time : std::max(row.last, sighting.time);
}

std::vector<FilterTally::Row> FilterTally::rows(std::size_t most) const {
  std::vector<Row> rows;
  for (const auto& [filter, row] : rows_) {
    rows.push_back(row);
    rows.back().filter = filter;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.times > b.times; });
  if (rows.size() > most) rows.resize(most);
  return rows;
}

std::string as_json(std::span<const FilterTally::Row> rows) {
  std::string out;
  for (const FilterTally::Row& row : rows) {
    nlohmann::ordered_json object;
    object["schema"] = "maildrop.filters/1";
    object["filter"] = row.filter;
    for (std::size_t i = 0; i < kDeeds.size(); ++i) object[std::string(kDeeds[i])] = row.times[i];
    object["first"] = rfc3339(row.first);
    object["last"] = rfc3339(row.last);
    out += object.dump() + "\n";
  }
  return out;
}

std::string as_csv(std::span<const FilterTally::Row> rows) {
  std::string out = "filter";
  for (const std::string_view deed : kDeeds) out += "," + std::string(deed);
  out += ",first,last\r\n";
  for (const FilterTally::Row& row : rows) {
    out += row.filter;
    for (const std::uint64_t times : row.times) out += "," + std::to_string(times);
    out += "," + rfc3339(row.first) + "," + rfc3339(row.last) + "\r\n";
  }
  return out;
}

}  // namespace maildrop::report
