/// statistics_counter.cc: differences of counters, and a thread that writes them.
#include "store/statistics_counter.h"

#include <exception>
#include <utility>

#include "core/log.h"

namespace maildrop::store {

namespace {

/// `filter="greylist",action="defer"` as `greylist/defer`.
std::string values_of(std::string_view labels) {
  std::string values;
  bool inside = false;
  for (const char c : labels) {
    if (c == '"') {
      inside = !inside;
      if (inside && !values.empty()) values += '/';
    } else if (inside) {
      values += c;
    }
  }
  return values;
}

}  // namespace

StatisticsBatches::StatisticsBatches(Statistics& statistics, const Clock& clock, const metrics::Registry& metrics,
                                     std::vector<CountedSeries> counted)
    : statistics_(statistics), clock_(clock), metrics_(metrics), counted_(std::move(counted)) {
  look();
  waiting_.clear();
}

void StatisticsBatches::gain(std::string_view series, std::uint64_t now) {
  const auto seen = seen_.try_emplace(std::string(series)).first;
  if (now <= seen->second) return;
  Hour hour = hour_of(clock_.now());
  if (!waiting_.contains(hour) && waiting_.size() >= kMostHours) hour = waiting_.rbegin()->first;
  waiting_[hour][std::string(series)] += now - seen->second;
  seen->second = now;
}

void StatisticsBatches::look() {
  Totals now;
  for (const CountedSeries& each : counted_) {
    if (each.durations) {
      for (const auto& [bound, n] : metrics_.buckets(each.metric))
        now[each.series + ":" + std::string(series::latency_member(bound))] += n;
      continue;
    }
    if (!each.group) {
      now[each.series] += metrics_.total(each.metric, each.labels);
      continue;
    }
    for (const auto& [labels, n] : metrics_.each(each.metric)) now[each.series + ":" + values_of(labels)] += n;
  }
  for (const auto& [series, n] : now) gain(series, n);
}

Result<void> StatisticsBatches::flush() {
  look();
  if (!batch_.empty()) {
    TRY(statistics_.add(batch_, number_));
    batch_.clear();
  }
  if (waiting_.empty()) return {};
  std::vector<Count> batch;  // whole before it has a number: memory may be out in the middle
  for (const auto& [hour, gained] : waiting_)
    for (const auto& [series, n] : gained) batch.push_back({hour, series, n});
  batch_.swap(batch);
  waiting_.clear();
  TRY(statistics_.add(batch_, ++number_));
  batch_.clear();
  return {};
}

StatisticsCounter::StatisticsCounter(Statistics& statistics, const Clock& clock, const metrics::Registry& metrics,
                                     std::vector<CountedSeries> counted)
    : batches_(statistics, clock, metrics, std::move(counted)), thread_([this] { run(); }) {}

StatisticsCounter::~StatisticsCounter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  end_.notify_one();
  thread_.join();
}

void StatisticsCounter::run() {
  bool ending = false;
  while (!ending) {
    {
      std::unique_lock lock(mutex_);
      ending = end_.wait_for(lock, kEvery, [this] { return ending_; });
    }
    flush();
  }
}

void StatisticsCounter::flush() try {
  const Result<void> done = batches_.flush();
  if (!done && done.error().what != failure_) log::warning("statistics failed", {{"error", done.error().what}});
  failure_ = done ? std::string() : done.error().what;
} catch (const std::exception&) {  // out of memory: the next one comes to it again
}

}  // namespace maildrop::store
