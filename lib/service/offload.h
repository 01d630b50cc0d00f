/// offload.h: threads for work that blocks, so that loops never do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/net.h"
#include "core/pulse.h"

namespace maildrop::service {

/// A fixed number of threads and a bounded queue. Sources take turns: who asks for much waits behind himself, and
/// whoever asks for one thing waits for one thing of each other source at most. No source has more than a quarter of
/// the queue, or all threads at once where there are several: there is one that is free for others. Peers of unix
/// sockets (`::`) are no source, and have what there is. Thread-safe.
class Offload {
 public:
  Offload(unsigned threads, std::size_t waiting);  // throws where no thread, or no memory, is to be had
  ~Offload();                                      // forgets what waits, and joins when what runs has ended
  Offload(const Offload&) = delete;

  /// Runs `work` on one of the threads, after what came earlier from the same source. false, and nothing is run, when
  /// the queue is full, or its quarter. Never blocks. The answer goes back by asio::post; what `work` throws is logged.
  /// Work is destroyed without having run when this ends first: what must happen in any case belongs into a destructor.
  bool push(const IpAddress& source, std::function<void()> work);

  /// How long one of the threads has been at the same work. Thread-safe, never blocks.
  std::chrono::milliseconds silent() const;

 private:
  using Work = std::function<void()>;
  struct Source {
    IpAddress address;
    std::deque<Work> waiting;  // never empty
  };

  void end();
  void run(std::size_t thread);
  std::list<Source>::iterator next();
  Work take(std::list<Source>::iterator source);

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Source> turns_;  // the first is next
  std::unordered_map<IpAddress, std::list<Source>::iterator> sources_;
  std::vector<IpAddress> at_work_;  // for whom each thread works; `::`: for nobody who counts
  std::vector<Pulse> pulses_;       // of the threads
  std::size_t waiting_ = 0;         // in all
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace maildrop::service
