/// sample_queue.cc: one lock.
#include "replay/sample_queue.h"

#include <chrono>
#include <utility>

namespace maildrop::replay {

namespace {

constexpr std::chrono::milliseconds kAskWhileFull{100};

}  // namespace

bool SampleQueue::has_room(std::size_t bytes) const {
  return waiting_.size() < kMessages && (used_ == 0 || (bytes <= limit_ && used_ <= limit_ - bytes));
}

bool SampleQueue::push(Sample sample, const std::function<bool()>& go_on) {
  const std::size_t bytes = sample.data.size();
  std::unique_lock lock(mutex_);
  while (!has_room(bytes)) {
    room_.wait_for(lock, kAskWhileFull);
    lock.unlock();
    const bool on = go_on();
    lock.lock();
    if (!on) return false;
  }
  if (closed_) return false;
  used_ += bytes;
  waiting_.push_back(std::move(sample));
  sample_.notify_one();
  return true;
}

std::optional<Sample> SampleQueue::pop() {
  std::unique_lock lock(mutex_);
  sample_.wait(lock, [this] { return !waiting_.empty() || closed_; });
  if (waiting_.empty()) return std::nullopt;
  Sample sample = std::move(waiting_.front());
  waiting_.pop_front();
  room_.notify_one();
  return sample;
}

void SampleQueue::release(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  room_.notify_one();
}

void SampleQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  sample_.notify_all();
}

std::size_t SampleQueue::abandon() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const Sample& each : waiting_) used_ -= each.data.size();
  const std::size_t dropped = std::exchange(waiting_, {}).size();
  sample_.notify_all();
  return dropped;
}

}  // namespace maildrop::replay
