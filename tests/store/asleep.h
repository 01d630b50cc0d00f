/// asleep.h: threads that a test wants to wait for something before it goes on.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace maildrop::store::test {

/// Of a thread that says when it begins: what it does then, it waits for.
class Asleep {
 public:
  /// By the thread, last thing before it waits.
  void begins() { id_ = ::gettid(); }

  /// Until it has begun and sleeps: some looks, as it may do so for a moment on its way there.
  void wait() const {
    for (int looks = 0; looks < 3; std::this_thread::sleep_for(std::chrono::milliseconds(1)))
      looks = id_ != 0 && state() == 'S' ? looks + 1 : 0;
  }

 private:
  char state() const {  // proc(5): its id, (its name), its state
    std::ifstream file("/proc/self/task/" + std::to_string(id_) + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t end = line.rfind(") ");
    return end == std::string::npos ? '?' : line[end + 2];
  }

  std::atomic<pid_t> id_{0};
};

}  // namespace maildrop::store::test
