/// memory_statistics.cc: maps.
#include "store/memory_statistics.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "store/memory_share.h"

namespace maildrop::store {

namespace {

struct StatisticsBook {
  std::mutex mutex;
  Numbers numbers;  // without counts
  std::map<Hour, Totals> hours;
};

void count(Totals& counts, std::string_view name, std::uint64_t n) {
  auto found = counts.find(series::fitting(name));
  if (found == counts.end()) {
    const bool room = counts.size() + 1 < Statistics::kMostSeries;
    found = counts.try_emplace(std::string(room ? series::fitting(name) : series::kOther)).first;
  }
  found->second += n;
}

class MemoryStatistics final : public Statistics {
 public:
  MemoryStatistics(std::shared_ptr<StatisticsBook> book, const Clock& clock, Hour kept)
      : book_(std::move(book)), clock_(clock), kept_(kept) {}

  Result<void> add(std::span<const Count> counts, std::uint64_t) override {
    const std::lock_guard lock(book_->mutex);
    if (!book_->numbers.since) book_->numbers.since = clock_.now();
    for (const Count& each : counts) {
      count(book_->numbers.totals, each.series, each.n);
      count(book_->hours[each.hour], each.series, each.n);
    }
    if (const std::optional<Hour> newest = newest_of(counts))
      book_->hours.erase(book_->hours.begin(), book_->hours.upper_bound(*newest - kept_));
    while (book_->hours.size() > static_cast<std::size_t>(kept_)) book_->hours.erase(book_->hours.begin());
    return {};
  }

  Result<Numbers> read(Hour from, Hour to) override {
    const std::lock_guard lock(book_->mutex);
    Numbers numbers = book_->numbers;
    for (auto hour = book_->hours.lower_bound(from); hour != book_->hours.end() && hour->first <= to; ++hour)
      for (const auto& [name, n] : hour->second) numbers.counts.push_back({hour->first, name, n});
    return numbers;
  }

 private:
  const std::shared_ptr<StatisticsBook> book_;
  const Clock& clock_;
  const Hour kept_;
};

}  // namespace

Result<std::unique_ptr<Statistics>> memory_statistics(const OpenOptions& options) {
  return std::make_unique<MemoryStatistics>(shared_at<StatisticsBook>(options.url), *options.clock,
                                            hours_kept(options.settings.statistics_age));
}

}  // namespace maildrop::store
