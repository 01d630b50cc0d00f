/// sample_queue.h: messages between the one who reads them and those who send them, in bounded memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "replay/source.h"

namespace maildrop::replay {

/// Thread-safe.
class SampleQueue {
 public:
  static constexpr std::size_t kMessages = 256;      // that wait: more would only be read too early
  static constexpr std::size_t kBytes = 256u << 20;  // that wait or are being sent; a larger one goes alone

  explicit SampleQueue(std::size_t bytes = kBytes) : limit_(bytes) {}

  /// Waits for room, and asks `go_on` each tenth of a second meanwhile. false: it said no, and the sample is dropped.
  bool push(Sample sample, const std::function<bool()>& go_on);
  /// Waits for one; its room is given back by release(). Nothing: there are no more.
  std::optional<Sample> pop();
  void release(std::size_t bytes);
  /// No more will come.
  void close();
  /// The same, and what waits is dropped: so many.
  std::size_t abandon();

 private:
  bool has_room(std::size_t bytes) const;

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable room_;  // the reader waits for it
  std::condition_variable sample_;
  std::deque<Sample> waiting_;
  std::size_t used_ = 0;  // bytes that wait or are being sent
  bool closed_ = false;
};

}  // namespace maildrop::replay
