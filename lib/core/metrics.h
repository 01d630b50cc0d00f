/// metrics.h: counters, gauges and histograms, and their Prometheus text form.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maildrop::metrics {

/// Only grows. Lock-free, from any thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Lock-free, from any thread.
class Gauge {
 public:
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  void set(std::int64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in seconds, in fixed buckets from 100 us to 60 s. Lock-free, from any thread.
class Histogram {
 public:
  static constexpr double kBounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                       0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};
  void observe(double seconds);
  std::uint64_t count() const;

 private:
  friend class Registry;
  std::atomic<std::uint64_t> buckets_[std::size(kBounds) + 1]{};
  std::atomic<std::uint64_t> micros_{0};
};

/// Holds all metrics of a process. Asking twice for the same name and labels gives the same object; references stay
/// valid as long as the registry. Names are `maildrop_NOUN_UNIT`, or Prometheus's own (`process_...`) where it has one;
/// labels are written as they appear in the text form: `reason="relaying"`. A label value never comes from a stranger:
/// the number of series is decided in the code.
class Registry {
 public:
  Counter& counter(std::string_view name, std::string_view help, std::string_view labels = {});
  /// The same family before its first labels are known, so that its name is shown from the begin.
  void counters(std::string_view name, std::string_view help);
  Gauge& gauge(std::string_view name, std::string_view help, std::string_view labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::string_view labels = {});
  /// A gauge read when the text is made. `read` must be thread-safe, quick, and outlive the registry's last text().
  void callback(std::string_view name, std::string_view help, std::function<double()> read);
  /// The same for a counter: what only grows, and somebody else counts.
  void counter_callback(std::string_view name, std::string_view help, std::function<double()> read);

  /// The sum of a family's counters: of the one with these labels, or of all with none given. 0 for an unknown one.
  std::uint64_t total(std::string_view name, std::string_view labels = {}) const;
  /// A family's counters by their labels; none of an unknown one.
  std::vector<std::pair<std::string, std::uint64_t>> each(std::string_view name) const;
  /// What a family's histograms have together, each duration in one bucket: by the buckets' upper bounds in seconds, of
  /// which the last is infinite. Empty for an unknown one.
  std::vector<std::pair<double, std::uint64_t>> buckets(std::string_view name) const;

  /// Prometheus text exposition 0.0.4, by name.
  std::string text() const;

 private:
  struct Family {
    std::string help;
    bool counts = false;  // its type is counter
    std::map<std::string, std::unique_ptr<Counter>, std::less<>> counters;
    std::map<std::string, std::unique_ptr<Gauge>, std::less<>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>, std::less<>> histograms;
    std::function<double()> callback;
  };
  Family& family(std::string_view name, std::string_view help);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

inline std::uint64_t Registry::total(std::string_view name, std::string_view labels) const {
  const std::lock_guard lock(mutex_);
  const auto found = families_.find(name);
  if (found == families_.end()) return 0;
  std::uint64_t sum = 0;
  for (const auto& [its_labels, counter] : found->second.counters)
    if (labels.empty() || its_labels == labels) sum += counter->value();
  return sum;
}

}  // namespace maildrop::metrics
