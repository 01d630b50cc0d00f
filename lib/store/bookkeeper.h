/// bookkeeper.h: the ledger for those who must not wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "core/metrics.h"
#include "store/ledger.h"

namespace maildrop::store {

/// Gathers operations from all loops: while one batch is with the ledger, the next one forms.
///
/// Thread-safe: ask() from any thread. `done` runs on the bookkeeper's thread and must not block: loops post.
/// Blocking: ask() never. The ledger is called from one thread, one batch at a time.
/// Lifetime: the destructor has what waits carried out, until the ledger fails; the rest is answered unavailable.
class Bookkeeper {
 public:
  using Done = std::function<void(Result<Answer>)>;

  // Operations not yet answered, and bytes of them. A ledger that keeps up has a few; one that hangs must not grow the
  // process.
  static constexpr std::size_t kMostWaiting = 10'000;
  static constexpr std::size_t kMostBytes = 4u << 20;

  /// Both outlive it.
  Bookkeeper(Ledger& ledger, metrics::Registry& metrics);
  ~Bookkeeper();
  Bookkeeper(const Bookkeeper&) = delete;

  /// Calls `done`, if there is one, exactly once: with what Ledger::run() says, or with
  ///   over_limit   too many wait; `done` then runs before ask() returns
  /// There is no deadline: a disk or server that hangs is waited for. Who has to go on has a clock of his own, and an
  /// answer to give without the ledger's.
  void ask(Operation operation, Done done = {});

  /// Operations not yet answered.
  std::size_t waiting() const;
  /// How long its thread has been at the same batch; 0: it waits for one. Thread-safe, never blocks.
  std::chrono::milliseconds silent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maildrop::store
