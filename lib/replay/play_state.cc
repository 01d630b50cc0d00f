/// play_state.cc: waits that an early end cuts short.
#include "replay/play_state.h"

#include <algorithm>

namespace maildrop::replay {

void PlayState::end(bool gone) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    gone_ = gone;
    ended_at_ = std::chrono::steady_clock::now();
    ended_ = true;
  }
  ending_.notify_all();
  const std::size_t dropped = queue_.abandon();
  note([&](Tally& tally) { tally.unsent += dropped; });
}

bool PlayState::out_of_time() const {
  return ended_ && std::chrono::steady_clock::now() >= ended_at_.load() + options_.last_words;
}

bool PlayState::wait_until(std::unique_lock<std::mutex>& lock, Monotonic time) {
  return !ending_.wait_until(lock, time, [this] { return ended_.load(); });
}

bool PlayState::wait_for_turn() {
  if (options_.rate <= 0) return !ended_;
  std::unique_lock lock(mutex_);
  const Monotonic turn = std::max(next_turn_, std::chrono::steady_clock::now());
  next_turn_ = turn + std::chrono::duration_cast<Monotonic::duration>(std::chrono::duration<double>(1 / options_.rate));
  return wait_until(lock, turn);
}

bool PlayState::pause(std::chrono::milliseconds length) {
  std::unique_lock lock(mutex_);
  return wait_until(lock, std::chrono::steady_clock::now() + length);
}

}  // namespace maildrop::replay
