/// live_lines.h: the last lines of something that goes on, for those who watch it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "store/feed.h"

namespace maildrop::api {

/// One ring for all: each watcher has a place in it, and who is too slow for it misses the lines that were pushed out,
/// and is told how many. Thread-safe; who brings lines never waits for who reads them.
class LiveLines {
 public:
  static constexpr std::size_t kMostBytes = 1u << 20;  // some hundred decisions with all their findings

  void push(std::span<const std::string> lines);

  /// The number of the line that comes next.
  std::uint64_t next() const;
  struct Piece {
    std::uint64_t first = 0;  // number of the first line
    std::vector<std::string> lines;
    std::uint64_t missed = 0;  // lines before it that are not there any more
  };
  /// All from number `from` on. One that has not come yet is of another life of the process: from next() on.
  Piece since(std::uint64_t from) const;

  /// Tells of every push, as news of all. It outlives its feeds.
  std::unique_ptr<store::Feed> feed() const;

 private:
  class PushFeed;

  mutable std::mutex mutex_;
  mutable std::condition_variable pushed_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 1;
};

}  // namespace maildrop::api
