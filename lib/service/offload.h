/// offload.h: threads for work that blocks, so that loops never do.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace maildrop::service {

/// A fixed number of threads and a bounded queue. Thread-safe.
class Offload {
 public:
  Offload(unsigned threads, std::size_t waiting);
  ~Offload();  // runs what waits, then joins
  Offload(const Offload&) = delete;

  /// Runs `work` on one of the threads. false, and nothing is run, when the queue is full. Never blocks. `work` must
  /// not throw; its answer goes back by asio::post.
  bool push(std::function<void()> work);

 private:
  void run();

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace maildrop::service
