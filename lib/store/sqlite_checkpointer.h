/// sqlite_checkpointer.h: moves what was committed from the WAL into the file, beside the commits and not between them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/result.h"
#include "store/sqlite_connection.h"

namespace maildrop::store::sqlite {

/// A thread with a connection of its own. It never blocks a commit, so under constant load it never reaches the end of
/// the WAL: the writer does the last bit itself (Writer::empty_wal). Its failures show as a WAL that grows.
class Checkpointer {
 public:
  static constexpr std::uint64_t kEvery = 4u << 20;  // bytes of commits

  static Result<std::unique_ptr<Checkpointer>> start(const std::string& path);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;

  /// The WAL is `bytes` long now; starts a run each kEvery. Thread-safe, never blocks for long.
  void grown(std::uint64_t bytes);
  /// Starts a run, however little there is.
  void run();
  /// Waits until no run is under way: two at once refuse each other.
  bool idle_within(std::chrono::milliseconds patience);

 private:
  explicit Checkpointer(Connection connection) : connection_(std::move(connection)) {}
  void loop();

  Connection connection_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::uint64_t last_ = 0;  // bytes at the last run
  bool wanted_ = false;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace maildrop::store::sqlite
