/// statistics.h: what happened to mail in each hour, counted over all processes of a store. It outlives them.
///
/// Kept apart from the mail: nothing that a delivery waits for writes here, and nothing here is synced for its own
/// sake. A series is a number that grows; its name is ours (names below, reasons of the code, lists of the
/// configuration), never a stranger's text.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop::store {

/// Hours since 1970, in UTC.
using Hour = std::int64_t;

constexpr std::chrono::hours kHour{1};
constexpr Hour hour_of(Time time) { return to_millis(time) / std::chrono::milliseconds(kHour).count(); }
constexpr Time begin_of(Hour hour) { return from_millis(hour * std::chrono::milliseconds(kHour).count()); }

/// Names of series. A name with a colon is of a group, and after the colon one of its members: `reason:relaying`.
namespace series {
inline constexpr std::string_view kStored = "stored";            // messages
inline constexpr std::string_view kRefused = "refused";          // messages and recipients, for good
inline constexpr std::string_view kDeferred = "deferred";        // messages, for now
inline constexpr std::string_view kDiscarded = "discarded";      // messages, with a 250
inline constexpr std::string_view kTagged = "tagged";            // of those stored
inline constexpr std::string_view kQuarantined = "quarantined";  // of those stored
inline constexpr std::string_view kConnections = "connections";  // SMTP sessions
inline constexpr std::string_view kBytes = "bytes";              // of those stored
inline constexpr std::string_view kReason = "reason";            // a group: what was refused, for now or for good
inline constexpr std::string_view kFilter = "filter";            // a group: what filters did, `greylist/defer`
inline constexpr std::string_view kList = "list";                // a group: clients that a DNSBL has, by its zone
inline constexpr std::string_view kLatency = "latency";          // a group: deliveries by how long they took, below
inline constexpr std::string_view kOther = "other";              // what there was no room for

/// Members of kLatency: deliveries that took no longer than that, and longer than what is before. From the end of a
/// message's data to the store's answer. Some of those of metrics::Histogram: each is a series.
struct LatencyBound {
  std::string_view name;
  double seconds = 0;
};
inline constexpr LatencyBound kLatencyBounds[] = {
    {"0.001", 0.001}, {"0.0025", 0.0025}, {"0.005", 0.005}, {"0.01", 0.01}, {"0.025", 0.025}, {"0.05", 0.05},
    {"0.1", 0.1},     {"0.25", 0.25},     {"0.5", 0.5},     {"1", 1},       {"2.5", 2.5},     {"10", 10}};
inline constexpr std::string_view kLonger = "inf";  // than the last of them
/// The member that durations up to `seconds` count for.
std::string_view latency_member(double seconds);

/// The name, or `other` where it is none or too long.
std::string_view fitting(std::string_view name);
}  // namespace series

struct Count {
  Hour hour = 0;
  std::string series;
  std::uint64_t n = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

using Totals = std::map<std::string, std::uint64_t, std::less<>>;  // by series

struct Numbers {
  std::optional<Time> since;  // counting began; nothing: nothing was counted yet
  Totals totals;              // since then
  std::vector<Count> counts;  // of the hours that were asked for, by hour and series
};

/// Thread-safe. Blocking: both, for as long as the file's lock or the server takes (a bounded time).
class Statistics {
 public:
  static constexpr std::size_t kMostSeries = 200;   // in an hour, and in the totals: what is more counts as `other`
  static constexpr std::size_t kLongestName = 100;  // bytes; what is longer counts as `other`

  virtual ~Statistics() = default;

  /// Counts all of them or, when it fails, none as far as can be known: a server's answer may be lost. So whoever tries
  /// again hands in the same counts by the same number, which then are counted once. A new batch has a greater number
  /// than any before of this object. What is older than store.statistics_age is forgotten, by the newest hour among
  /// them; where hours are of a clock that was wrong, there are never more than as many as that.
  virtual Result<void> add(std::span<const Count> counts, std::uint64_t number) = 0;

  /// The totals, and the hours from `from` to `to`, both included; none where `from` is greater.
  virtual Result<Numbers> read(Hour from, Hour to) = 0;

  /// An empty range: totals alone.
  Result<Numbers> totals() { return read(1, 0); }
};

/// The hours that `store.statistics_age` keeps, this one included.
Hour hours_kept(std::chrono::milliseconds age);
/// Nothing: there are none.
std::optional<Hour> newest_of(std::span<const Count> counts);

}  // namespace maildrop::store
