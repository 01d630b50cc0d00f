/// statistics_watch.cc: a thread between the store's statistics and those who watch.
#include "api/statistics_watch.h"

#include <exception>
#include <utility>

#include "core/log.h"

namespace maildrop::api {

StatisticsWatch::Watcher::Watcher(StatisticsWatch& watch, Wake wake) : watch_(watch), wake_(std::move(wake)) {
  const std::lock_guard lock(watch_.mutex_);
  number_ = ++watch_.last_number_;
  watch_.watchers_.emplace(number_, this);
  if (watch_.watchers_.size() == 1) watch_.changed_.notify_one();
}

/// What nobody watched is not what it was by the time that somebody does.
StatisticsWatch::Watcher::~Watcher() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.watchers_.erase(number_);
  if (watch_.watchers_.empty()) watch_.latest_.reset();
}

StatisticsWatch::StatisticsWatch(StatisticsReader& reader, std::chrono::milliseconds every)
    : reader_(reader), every_(every), thread_([this] { run(); }) {}

StatisticsWatch::~StatisticsWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::optional<MailCounts> StatisticsWatch::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::size_t StatisticsWatch::watchers() const {
  const std::lock_guard lock(mutex_);
  return watchers_.size();
}

void StatisticsWatch::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !watchers_.empty(); });
    if (ending_) return;
    lock.unlock();
    const Result<MailCounts> counts = read();
    lock.lock();
    if (take(counts)) wake(lock);
    // Who comes meanwhile hears latest(), unless he is the first again.
    changed_.wait_for(lock, every_, [this] { return ending_ || (!latest_ && !watchers_.empty() && failure_.empty()); });
  }
}

Result<MailCounts> StatisticsWatch::read() try { return reader_.counts(); } catch (const std::exception&) {
  return fail(Code::unavailable, "no memory");
}

/// REQUIRES: the lock.
bool StatisticsWatch::take(const Result<MailCounts>& counts) try {
  if (!counts) {
    if (counts.error().what != failure_) log::warning("statistics cannot be read", {{"error", counts.error().what}});
    failure_ = counts.error().what;
    return false;
  }
  failure_.clear();
  if (watchers_.empty() || latest_ == *counts) return false;
  latest_ = *counts;
  return true;
} catch (const std::exception&) {  // no memory: with the next
  return false;
}

void StatisticsWatch::wake(std::unique_lock<std::mutex>& lock) {
  std::size_t woken = 0;
  for (auto next = watchers_.begin(); next != watchers_.end() && !ending_;) {
    const std::uint64_t number = next->first;
    next->second->wake_();
    if (++woken % kAtOnce == 0) changed_.wait_for(lock, kPause, [this] { return ending_; });
    next = watchers_.upper_bound(number);  // others have come and gone
  }
}

}  // namespace maildrop::api
