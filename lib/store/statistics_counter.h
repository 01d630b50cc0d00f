/// statistics_counter.h: from the counters of a process to the statistics of its store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/metrics.h"
#include "store/statistics.h"

namespace maildrop::store {

/// Which counters are a series. Several may be one: they are added up.
struct CountedSeries {
  std::string metric;
  std::string labels;  // of one counter; empty: all of the family together
  std::string series;
  /// `series` is a group, and each counter of the family a member of it, whose name is the values of its labels with
  /// slashes between them: `filter="greylist",action="defer"` is `greylist/defer`.
  bool group = false;
  /// The metric is a histogram, and `series` a group: how many took how long (series::latency_member()).
  bool durations = false;
};

/// What the counters have gained since the last time, as batches for Statistics::add(). For one thread at a time.
class StatisticsBatches {
 public:
  /// Hours that wait at most while nothing can be written: what comes after that counts for the last of them.
  static constexpr std::size_t kMostHours = 48;

  /// All outlive it. What the counters have already is taken for counted.
  StatisticsBatches(Statistics& statistics, const Clock& clock, const metrics::Registry& metrics,
                    std::vector<CountedSeries> counted);

  /// Takes what was gained, and adds it. When that fails, it is kept and goes with the next call; what was added in
  /// part or in secret is not added twice, as far as Statistics::add() keeps to that.
  Result<void> flush();

 private:
  void gain(std::string_view series, std::uint64_t now);
  void look();

  Statistics& statistics_;
  const Clock& clock_;
  const metrics::Registry& metrics_;
  const std::vector<CountedSeries> counted_;
  Totals seen_;                     // of the counters, by series
  std::map<Hour, Totals> waiting_;  // gained since
  std::vector<Count> batch_;        // handed in, and not known to be added
  std::uint64_t number_ = 0;        // of that batch
};

/// Does so each second, and a last time at its end, on a thread of its own. What was not added by then is lost: with a
/// kill -9 that is the last second, and in any end whatever could not be added before. What was added is as safe as the
/// store's statistics are: nothing is synced for them, so a power cut may take the last of them, too.
class StatisticsCounter {
 public:
  static constexpr std::chrono::milliseconds kEvery{1000};

  /// As above.
  StatisticsCounter(Statistics& statistics, const Clock& clock, const metrics::Registry& metrics,
                    std::vector<CountedSeries> counted);
  ~StatisticsCounter();
  StatisticsCounter(const StatisticsCounter&) = delete;

 private:
  void run();
  void flush();

  StatisticsBatches batches_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ending_ = false;
  std::string failure_;  // the last one: each is logged once
  std::thread thread_;
};

}  // namespace maildrop::store
