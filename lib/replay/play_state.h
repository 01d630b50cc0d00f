/// play_state.h: how mail is to be sent, and what those share who send it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "replay/sample_queue.h"
#include "replay/tally.h"
#include "smtp/sender.h"

namespace maildrop::replay {

/// How the client that a record tells of is told to the server. A connection is of one client: for another one there
/// is another connection.
enum class Introduce {
  no,
  proxy,    // a PROXY header; UNKNOWN where no client is known
  xclient,  // XCLIENT; nothing where no client is known
};

struct PlayOptions {
  static constexpr std::size_t kMaxConnections = 1000;  // a thread each

  smtp::SenderOptions sender;  // give_up is set by the run
  bool lmtp = false;
  std::size_t connections = 1;
  std::size_t reuse = 100;          // messages of a connection
  double rate = 0;                  // messages a second, over all; 0: as fast as it goes
  std::optional<std::string> from;  // in place of the recorded one
  std::vector<std::string> rcpt;    // the same; empty: the recorded ones
  Introduce introduce = Introduce::no;
  std::string helo;                             // REQUIRES: parse_helo() takes it
  bool recorded_helo = true;                    // of a client that is told
  std::uint64_t limit = 0;                      // samples; 0: all
  std::uint64_t repeat = 1;                     // times through the source
  unsigned retry = 3;                           // tries behind the first, for what was deferred or lost
  std::chrono::milliseconds first_pause{1000};  // before a try again; each is twice the one before, up to kLongestPause
  std::chrono::milliseconds last_words{5000};   // for what is being sent when the run ends early

  static constexpr std::chrono::milliseconds kLongestPause{30'000};
};

/// Thread-safe.
class PlayState {
 public:
  explicit PlayState(const PlayOptions& options) : options_(options) {}

  const PlayOptions& options() const { return options_; }
  SampleQueue& queue() { return queue_; }

  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change(tally_);
  }
  Tally tally() const {
    const std::lock_guard lock(mutex_);
    return tally_;
  }

  /// The run ends: what was not begun is dropped, what is being sent has last_words. `gone`: nobody answers any more.
  void end(bool gone);
  bool ended() const { return ended_; }
  bool server_gone() const { return gone_; }
  /// What is being sent has to stop now.
  bool out_of_time() const;

  /// Waits for the turn that the rate gives. false: the run has ended.
  bool wait_for_turn();
  /// false: the run has ended meanwhile.
  bool pause(std::chrono::milliseconds length);

  /// Answers of the server so far, connections included: that there are none tells that it is gone.
  std::uint64_t answers() const { return answers_; }
  void answered() { ++answers_; }

 private:
  bool wait_until(std::unique_lock<std::mutex>& lock, Monotonic time);

  const PlayOptions& options_;
  SampleQueue queue_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  Tally tally_;
  Monotonic next_turn_{};
  std::atomic<bool> ended_{false};
  std::atomic<bool> gone_{false};
  std::atomic<Monotonic> ended_at_{};
  std::atomic<std::uint64_t> answers_{0};
};

}  // namespace maildrop::replay
