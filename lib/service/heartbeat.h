/// heartbeat.h: whether a process goes on: all its loops, the threads behind them, and its listening sockets.
///
/// A process that is up and does nothing is worse than one that is down: nobody replaces it. So nothing here goes by a
/// timer alone. Each round every loop has to carry something out; threads that work for loops have to have begun
/// something else meanwhile, unless there is nothing to do; and where somebody waits at a listening socket, he has to
/// be let in. What others fail to do is no reason: a store or a resolver that is down is waited for with a deadline, by
/// whoever asks it, and a restart would not bring it back.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "service/listen.h"
#include "service/loops.h"

namespace maildrop::service {

/// A thread that loops wait for.
struct HeartbeatPart {
  std::string name;                // `the committer`, as it is said to people
  std::function<Millis()> silent;  // how long it has been at the same piece of work; thread-safe, never blocks
};

/// Has a thread of its own, which never blocks. Built and destroyed on the main thread; goes before the loops do, and
/// all that is asked outlives it.
class Heartbeat {
 public:
  /// What a part may take for one piece of work. Beyond all deadlines that stores have, and a disk's worst minute.
  static constexpr Millis kPatience{120'000};

  /// In each round, on its thread: what does not go on, in words (`loop 2 for 12 s, the committer for 130 s`), or
  /// nothing. A loop has a round's time.
  using Told = std::function<void(const std::string& stuck)>;

  Heartbeat(Loops& loops, std::vector<HeartbeatPart> parts, std::vector<std::shared_ptr<const Doorbell>> bells,
            Millis every, Told told, Millis patience = kPatience);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maildrop::service
