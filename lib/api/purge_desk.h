/// purge_desk.h: the removal of what an operator chooses, as long as it takes, one at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "store/bulk_purge.h"
#include "store/purge_choice.h"

namespace maildrop::api {

/// Thread-safe. Has a thread while a purge runs, which ends with it: its end waits for a step, not for the whole.
class PurgeDesk {
 public:
  /// Both outlive it. `on_end` is called when a purge has removed what it does, before it is said to be over; on its
  /// thread, and must not throw.
  PurgeDesk(store::Store& store, const Clock& clock, std::function<void()> on_end = {})
      : store_(store), clock_(clock), on_end_(std::move(on_end)) {}
  ~PurgeDesk();
  PurgeDesk(const PurgeDesk&) = delete;

  struct Report {
    enum class State { counting, removing, scrubbing, done, stopped, failed };
    State state = State::counting;
    bool dry_run = false;
    Time begun{};
    store::Tally counted, removed;
    std::optional<bool> scrubbed{};  // Store::scrub(); nothing: nothing was removed
    std::string error{};
    bool over() const { return state >= State::done; }
  };

  /// In the inboxes `names`, or in all where there are none. false: another one runs, and nothing is begun.
  ///   unavailable  there is no thread to be had, or no memory
  Result<bool> begin(std::vector<std::string> names, store::Choice choice, bool dry_run);
  /// Of the last one, when it is over, or `until`; nothing: there was none.
  std::optional<Report> wait(Monotonic until);
  /// It ends with what it is at. false: none runs.
  bool stop();

 private:
  void run(const std::stop_token& stop, std::vector<std::string> names, const store::Choice& choice, bool dry_run);
  Result<bool> carry_out(store::BulkPurge& purge, const std::stop_token& stop, bool dry_run);
  void note(Report::State state);

  store::Store& store_;
  const Clock& clock_;
  const std::function<void()> on_end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Report> report_;
  std::jthread thread_;
};

}  // namespace maildrop::api
