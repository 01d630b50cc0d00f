/// sample_line.cc: one lock.
#include "replay/sample_line.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace maildrop::replay {

namespace {

constexpr std::chrono::milliseconds kAskWhileEmpty{100};

}  // namespace

bool SampleLine::has_room(std::size_t bytes) const {
  return line_.size() < kMessages && (used_ == 0 || (bytes <= kBytes && used_ <= kBytes - bytes));
}

bool SampleLine::push(Place place) {
  const std::size_t bytes = size_of(place);
  auto waiting = std::make_unique<Place>(std::move(place));
  waiting->ready = !prepares_ || !waiting->sample;
  waiting->taken = waiting->ready;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return has_room(bytes) || abandoned_; });
  if (abandoned_) return false;
  used_ += bytes;
  line_.push_back(std::move(waiting));
  changed_.notify_all();
  return true;
}

void SampleLine::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

SampleLine::Place* SampleLine::to_prepare() {
  const auto is_free = [](const auto& place) { return !place->taken; };
  std::unique_lock lock(mutex_);
  auto next = line_.end();
  changed_.wait(lock, [&] {
    next = std::find_if(line_.begin(), line_.end(), is_free);
    return next != line_.end() || closed_ || abandoned_;
  });
  if (abandoned_ || next == line_.end()) return nullptr;
  (*next)->taken = true;
  return next->get();
}

void SampleLine::prepared(Place& place) {
  const std::lock_guard lock(mutex_);
  place.ready = true;
  changed_.notify_all();
}

std::unique_ptr<SampleLine::Place> SampleLine::pop(const std::function<bool()>& go_on) {
  std::unique_lock lock(mutex_);
  const auto has_come = [this] { return line_.empty() ? closed_ : line_.front()->ready; };
  while (!changed_.wait_for(lock, kAskWhileEmpty, has_come)) {
    lock.unlock();
    const bool on = go_on();
    lock.lock();
    if (!on) return nullptr;
  }
  if (line_.empty()) return nullptr;
  std::unique_ptr<Place> first = std::move(line_.front());
  line_.pop_front();
  used_ -= size_of(*first);
  changed_.notify_all();
  return first;
}

void SampleLine::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = closed_ = true;
  changed_.notify_all();
}

}  // namespace maildrop::replay
