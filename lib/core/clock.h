/// clock.h: what time it is, as something that can be handed in. Time in tests is a hand you turn.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace maildrop {

/// Wall-clock time in milliseconds: stamps, expiry, what is shown.
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
/// Never jumps: deadlines and measured durations.
using Monotonic = std::chrono::steady_clock::time_point;

constexpr std::int64_t to_millis(Time time) { return time.time_since_epoch().count(); }
constexpr Time from_millis(std::int64_t millis) { return Time(std::chrono::milliseconds(millis)); }

/// Thread-safe, never blocks.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Monotonic monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
  Monotonic monotonic() const override;
};

/// The same hands, of which the wall clock's begins elsewhere.
class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(Time begin);
  Time now() const override;
  Monotonic monotonic() const override;

 private:
  Time begin_;
  Monotonic since_;
};

/// Stands still until advanced; both hands move together, unless it jumps.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = from_millis(1'700'000'000'000));
  Time now() const override;
  Monotonic monotonic() const override;
  void advance(std::chrono::milliseconds by);
  /// Somebody sets the wall clock: the monotonic hand stays.
  void jump(std::chrono::milliseconds by);

 private:
  std::atomic<std::int64_t> millis_;
  std::atomic<std::int64_t> jumped_{0};
};

/// The wall clock as far as it keeps pace with the monotonic one: it gains at most a second in each second. What
/// removes things goes by it: a clock that jumps ahead by a day (a bad RTC, a wrong time server) must not expire a
/// day's mail at once, and hours in which it can be set right are hours in which nothing was lost. Not thread-safe.
class PacedTime {
 public:
  explicit PacedTime(const Clock& clock) : clock_(clock), last_(clock.now()), at_(clock.monotonic()) {}
  Time now();

 private:
  const Clock& clock_;
  Time last_;
  Monotonic at_;
};

/// RFC 3339 in UTC with milliseconds: `2023-11-14T22:13:20.000Z`.
std::string rfc3339(Time time);
/// RFC 5322 3.3 in UTC: `Tue, 14 Nov 2023 22:13:20 +0000`.
std::string rfc5322(Time time);

}  // namespace maildrop
