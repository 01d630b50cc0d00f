/// loops.h: the threads that serve sockets: one io_context each, so that a session never changes thread and needs no
/// lock.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace maildrop::service {

/// One loop: an io_context run by one thread.
class Loop {
 public:
  Loop() : context_(1) {}
  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_;
};

/// How many Loops(count) has.
unsigned loop_count(unsigned count);

/// Owns the loops and their threads. Built and destroyed on the main thread.
class Loops {
 public:
  /// `count` 0: one for each core this process may use.
  explicit Loops(unsigned count);
  ~Loops();  // stop() and join
  Loops(const Loops&) = delete;

  std::size_t size() const { return loops_.size(); }
  Loop& at(std::size_t i) { return *loops_[i]; }

  void start();
  /// Lets each loop run until it has no more work, without new work from here. Thread-safe.
  void finish();
  /// Ends each loop at once. Thread-safe.
  void stop();
  void join();

 private:
  struct Work;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Work>> work_;
  std::vector<std::thread> threads_;
};

}  // namespace maildrop::service
