/// statistics_watch.h: wakes those who show the totals when these have changed, once a second at most.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "api/statistics.h"
#include "api/watch.h"

namespace maildrop::api {

/// One reads for all: a thread of its own, which reads only while somebody watches. So thousands of streams cost the
/// store what one does, and what they are told, latest(), never waits for it. Thread-safe; blocks nobody.
class StatisticsWatch {
 public:
  static constexpr std::chrono::milliseconds kEvery{1000};
  // So many are woken at once, and then there is a pause: the loops have others to serve between them.
  static constexpr std::size_t kAtOnce = 50;
  static constexpr std::chrono::milliseconds kPause{5};

  /// It outlives the watch.
  explicit StatisticsWatch(StatisticsReader& reader, std::chrono::milliseconds every = kEvery);
  ~StatisticsWatch();
  StatisticsWatch(const StatisticsWatch&) = delete;

  /// The first one has the totals read at once, and is woken then.
  class Watcher final : public Watching {
   public:
    Watcher(StatisticsWatch& watch, Wake wake);
    ~Watcher() override;
    Watcher(const Watcher&) = delete;

   private:
    friend class StatisticsWatch;
    StatisticsWatch& watch_;
    const Wake wake_;
    std::uint64_t number_ = 0;
  };

  /// What was read last. Nothing while nobody watches, and before the first one is woken.
  std::optional<MailCounts> latest() const;
  std::size_t watchers() const;

 private:
  void run();
  Result<MailCounts> read();
  /// Whether they are new.
  bool take(const Result<MailCounts>& counts);
  void wake(std::unique_lock<std::mutex>& lock);

  StatisticsReader& reader_;
  const std::chrono::milliseconds every_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, const Watcher*> watchers_;  // by their numbers, in the order in which they came
  std::uint64_t last_number_ = 0;
  std::optional<MailCounts> latest_;
  std::string failure_;  // the last one: each is logged once
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace maildrop::api
