/// committer.h: many deliveries, one commit. What makes a durable 250 cheap.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/budget.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "store/store.h"

namespace maildrop::store {

/// Whose thread is to look at the answers that Committer gave. Thread-safe.
class Waker {
 public:
  virtual ~Waker() = default;
  /// Never blocks.
  virtual void wake() noexcept = 0;
};

/// Gathers deliveries from all loops and compresses them (store.compression); while one batch commits, the next one
/// forms; all in a batch are answered together. Between batches, at least once in `kTend`, it lets the store expire and
/// tend itself.
///
/// Thread-safe: push() from any thread. `done` runs on a thread of the committer and must not block: loops post.
/// Blocking: push() never. The store is called from one thread, one batch at a time. Another compresses, one delivery
/// at a time: for it, memory of twice its size is taken for a moment beside `memory`.
/// Lifetime: the destructor answers what waits with unavailable, after the commit in flight has ended.
class Committer {
 public:
  using Done = std::function<void(Result<MessageId>)>;

  static constexpr std::chrono::seconds kTend{1};

  /// Throws where no thread, or no memory, is to be had.
  Committer(Store& store, const StoreSettings& settings, metrics::Registry& metrics);
  ~Committer();
  Committer(const Committer&) = delete;

  /// Hands over one delivery; calls `done` exactly once with
  ///   a value      the message is durable and can be read: the only ground for a 250 (RFC 5321 6.1)
  ///   over_limit   the store is full; nothing was stored
  ///   timed_out    no answer within store.deadline of push(), or as Store::put(). The commit may still happen: the
  ///                peer's retry is then a duplicate, never a loss
  ///   unavailable  there is no memory to wait in: `done` runs before push() returns
  ///   others       as Store::put(); nothing was stored
  /// `memory`, what the delivery holds of a budget, is given back when the delivery is gone: after a timed_out that may
  /// be later than `done`. `waker` is woken when `done` has run, for all deliveries at once that are answered together:
  /// where `done` only leaves the answer to be found.
  void push(Delivery delivery, Done done, BudgetShare memory = {}, std::shared_ptr<Waker> waker = {});

  /// Deliveries not yet answered.
  std::size_t waiting() const;
  /// How long one of its threads has been at the same piece of work. Thread-safe, never blocks.
  Millis silent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maildrop::store
