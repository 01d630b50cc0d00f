/// statistics.h: the numbers of a store (store/statistics.h) as those who show them want them: each series with its
/// hours.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "store/statistics.h"

namespace maildrop::api {

/// One number that grows.
struct Series {
  std::string group;                  // `reason`, `filter`, `list`, `latency`; empty: of mail itself
  std::string name;                   // `stored`, `relaying`
  std::uint64_t total = 0;            // since counting began
  std::vector<std::uint64_t> counts;  // by hour, as many as Plot::hours
  std::uint64_t sum() const;          // of these hours
};

struct Plot {
  std::optional<Time> since;  // counting began; nothing: nothing was counted yet
  store::Hour first = 0;      // the first hour; the last one is the present one, which is not over
  std::size_t hours = 0;
  /// Those of mail first, all of them in the order of store::series and with noughts where nothing was counted; then by
  /// group, and in a group by what they have in these hours, the most first; latencies by their bounds.
  std::vector<Series> series;

  store::Hour last() const { return first + static_cast<store::Hour>(hours) - 1; }
  /// nullptr: there is none.
  const Series* find(std::string_view group, std::string_view name) const;
};

/// Series by hours. Pure. REQUIRES: hours > 0.
Plot plot_of(const store::Numbers& numbers, store::Hour last, std::size_t hours);

/// Those of its hours from `first` to `last`, and none that it does not have: one at least, the nearest. Groups are put
/// in the order of what is left. Pure.
Plot part_of(Plot plot, store::Hour first, store::Hour last);

/// What the old clients are told of, since counting began.
struct MailCounts {
  std::uint64_t stored = 0;   // messages
  std::uint64_t refused = 0;  // messages and recipients
  friend bool operator==(const MailCounts&, const MailCounts&) = default;
};
MailCounts mail_counts(const store::Numbers& numbers);

/// Reads for many who ask: however many they are, the store is read three times in kFresh at most, and what is asked
/// for most (kUsualHours, a week, all) is arranged once. Thread-safe; blocks as Statistics::read() does.
class StatisticsReader {
 public:
  static constexpr std::chrono::milliseconds kFresh{
      1000};  // what was read is told again for so long, and that it failed, too
  static constexpr std::size_t kUsualHours = 24;
  static constexpr std::size_t kWeek = 7 * 24;
  /// A week and today. What more cost, with all series that there may be, strangers could ask for as often as they
  /// like.
  static constexpr std::size_t kMostHours = 8 * 24;

  /// Both outlive it. `most`: hours that are kept.
  StatisticsReader(store::Statistics& statistics, const Clock& clock, std::size_t most);

  Result<MailCounts> counts();
  /// The last `hours`, this one included; clamped to most(), and 1. Never null.
  Result<std::shared_ptr<const Plot>> plot(std::size_t hours);
  /// The most that plot() shows: what is kept, and kMostHours.
  std::size_t most() const { return most_; }

 private:
  struct Reading {
    store::Numbers numbers;
    store::Hour last = 0;                                      // of its hours
    std::mutex mutex;                                          // of what follows
    std::map<std::size_t, std::shared_ptr<const Plot>> plots;  // of usual spans, made when first asked for
  };
  struct Read {
    std::mutex mutex;
    std::optional<Result<std::shared_ptr<Reading>>> latest;
    Monotonic at{};
  };
  Result<std::shared_ptr<Reading>> fresh(Read& read, std::size_t hours);

  store::Statistics& statistics_;
  const Clock& clock_;
  const std::size_t most_;
  Read totals_;
  Read usual_;  // kUsualHours
  Read all_;    // most_
};

}  // namespace maildrop::api
