/// committer.cc: three threads. One compresses, where that is wanted; one commits batches, and tends the store between
/// them; the last answers those who must not wait for these: deliveries past their deadline while the store hangs, and
/// those that come when it is closing.
#include "store/committer.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <utility>
#include <vector>

#include "core/pulse.h"
#include "core/thread.h"
#include "store/committer_answers.h"
#include "store/committer_meters.h"
#include "store/compression.h"
#include "store/packed_body.h"
#include "store/upkeep.h"

namespace maildrop::store {

namespace {

using Steady = std::chrono::steady_clock;

// A commit holds at most that many bytes of messages, or one message: bounds the time of a batch and the WAL's growth.
constexpr std::size_t kBatchBytes = 8u << 20;
// Under load the first push after a commit comes just before the others that the commit's answers set free: a commit of
// its own would cost the fsync of a whole batch. So after a batch of at least kBusyBatch the next one is awaited as
// long as it grows in each kGatherStep, is smaller than three quarters of what can come, and kGatherMost is not over:
// while these are being committed the others are served, and with all of them in one batch nobody would use the time.
constexpr std::size_t kBusyBatch = 8;
constexpr std::chrono::microseconds kGatherStep{2000};
constexpr std::chrono::microseconds kGatherMost{4000};
constexpr std::chrono::milliseconds kBeforeRetry{10};

// As many that are not answered yet, or were in the last batch, are a rush, in which the level is the lowest.
constexpr std::size_t kRush = 8;
// And so many are compressed together then, if short, unless the committer waits for fewer: to wake that thread, which
// may interrupt the loop, takes as long as to compress one (5 us).
constexpr std::size_t kPackedTogether = 8, kShortMail = 16 * 1024;

}  // namespace

struct Committer::State {
  /// A delivery that was pushed; its message moves into the batch, the rest stays until it is answered.
  struct Waiting {
    Delivery delivery;
    Done done;  // empty once answered
    std::size_t size;
    Steady::time_point deadline;
    BudgetShare memory;
    std::shared_ptr<Waker> waker;
  };

  State(Store& s, const StoreSettings& set, metrics::Registry& registry)
      : store(s), settings(set), meters(registry), upkeep(s, registry) {
    const std::size_t most = std::max(settings.batch, 1u);
    batch.reserve(most);
    told.reserve(most);
  }
  ~State() { stop(); }  // where one of the threads was not to be had; else it is over

  void push(Delivery delivery, Done done, BudgetShare memory, std::shared_ptr<Waker> waker);
  void pack_loop();
  void commit_loop();
  void watch_loop();
  void stop();

  bool is_rush() const;
  bool make_ready(std::list<Waiting>& from);
  void sleep(std::unique_lock<std::mutex>& lock, std::size_t until, Steady::time_point at);
  void gather(std::unique_lock<std::mutex>& lock);
  bool take_batch(std::unique_lock<std::mutex>& lock);
  void commit(std::unique_lock<std::mutex>& lock);
  static void answer_with(Waiting& waiting, Code code, const char* what, DeliveryAnswers& answers);
  void expire(Steady::time_point now, DeliveryAnswers& answers);
  void give_up(DeliveryAnswers& answers);
  void answer(DeliveryAnswers& answers);
  Steady::time_point earliest_deadline() const;

  Store& store;
  const StoreSettings settings;
  CommitterMeters meters;
  Pulse packs;    // of pack_loop
  Pulse commits;  // of commit_loop, which never rests: it has the store to tend

  std::mutex mutex;
  std::condition_variable arrival;  // for pack_loop
  std::condition_variable work;     // for commit_loop
  std::condition_variable watch;    // for watch_loop
  bool packer_idle = false;         // pack_loop sleeps
  std::size_t wake_at = 0;          // commit_loop sleeps until so many wait; 0: it is not asleep
  bool watcher_idle = false;        // watch_loop sleeps without a deadline
  bool stopping = false;
  unsigned ended = 0;  // of commit_loop and pack_loop
  // Lists, in which a delivery goes on without taking memory.
  std::list<Waiting> arrived;  // to be compressed, if anything is
  std::list<Waiting> packing;  // one or none; its `delivery` is pack_loop's, without the lock
  std::list<Waiting> queue;
  std::list<Waiting> in_flight;  // their `delivery` is in `batch`
  DeliveryAnswers refused;       // for watch_loop to answer
  std::size_t bytes = 0;         // of queue and in_flight
  std::atomic<std::size_t> count{0};
  std::atomic<bool> busy{false};  // the batch that was taken last has kRush

  // Of commit_loop alone; with room for the largest batch from the begin.
  std::vector<Delivery> batch;
  DeliveryAnswers told;
  std::size_t last_batch = 0;
  std::size_t enough = 0;  // for a batch: three quarters of those who were answered last and those who waited then
  Upkeep upkeep;

  std::thread compressing;
  std::thread committing;
  std::thread watching;
};

void Committer::State::push(Delivery delivery, Done done, BudgetShare memory, std::shared_ptr<Waker> waker) {
  const std::size_t size = memory_of(delivery);
  std::list<Waiting> fresh;
  try {
    if (settings.compression == 0) pack_body(delivery, 0);  // which is a matter of appending the transcript
    fresh.emplace_back();
  } catch (const std::exception&) {
    Result<MessageId> result = fail(Code::unavailable, "no memory");
    meters.waiting.add(1);  // as of all that are counted
    meters.count(result);
    done(std::move(result));
    if (waker) waker->wake();
    return;
  }
  Waiting& waiting = fresh.front();
  waiting.size = size;
  waiting.delivery = std::move(delivery);
  waiting.done = std::move(done);
  waiting.deadline = Steady::now() + settings.deadline;
  waiting.memory = std::move(memory);
  waiting.waker = std::move(waker);
  bool wake_committer = false;
  std::unique_lock lock(mutex);
  if (stopping) {
    refused.push_back(
        {std::move(waiting.done), fail(Code::unavailable, "the store is closing"), std::move(waiting.waker)});
    watch.notify_one();
  } else {
    arrived.splice(arrived.end(), fresh);
    if (settings.compression == 0) wake_committer = make_ready(arrived);
  }
  meters.waiting.add(1);
  count.fetch_add(1, std::memory_order_relaxed);
  if (stopping) return;
  const bool awaited = wake_at != 0 && queue.size() + arrived.size() >= wake_at;
  const bool now = awaited || arrived.size() >= kPackedTogether || size > kShortMail || !is_rush();
  const bool wake_packer = now && std::exchange(packer_idle, false);
  const bool wake_watcher = std::exchange(watcher_idle, false);
  lock.unlock();  // first: who is woken wants it at once
  if (wake_committer) work.notify_one();
  if (wake_packer) arrival.notify_one();
  if (wake_watcher) watch.notify_one();
}

/// The first of the list may be committed. true: commit_loop is to be woken. REQUIRES: the mutex is held.
bool Committer::State::make_ready(std::list<Waiting>& from) {
  bytes += from.front().size;
  queue.splice(queue.end(), from, from.begin());
  if (wake_at == 0 || queue.size() < wake_at) return false;
  wake_at = 0;
  return true;
}

bool Committer::State::is_rush() const {
  return busy.load(std::memory_order_relaxed) || count.load(std::memory_order_relaxed) >= kRush;
}

void Committer::State::pack_loop() {
  name_thread("compress");
  // Or it interrupts the loop at each message it is given: with one CPU, 13 to 18 % of what a message costs.
  yield_to_others();
  std::unique_lock lock(mutex);
  for (;;) {
    // Each time anew: what it was woken for may have been given up before it came to it.
    packs.rest();
    arrival.wait(lock, [&] { return stopping || !(packer_idle = arrived.empty()); });
    if (stopping) break;
    packs.beat();
    const int level = is_rush() ? kFastCompression : static_cast<int>(settings.compression);
    packing.splice(packing.end(), arrived, arrived.begin());
    Delivery& delivery = packing.front().delivery;
    lock.unlock();
    const std::size_t size = meters.pack(delivery, level);
    lock.lock();
    packing.front().size = size;
    if (packing.front().done && make_ready(packing)) work.notify_one();
    packing.clear();
  }
  ++ended;
  watch.notify_one();
}

void Committer::State::commit_loop() {
  name_thread("commit");
  std::unique_lock lock(mutex);
  commits.beat();
  while (take_batch(lock)) {
    commits.beat();
    const std::size_t stored = batch.size();
    if (stored != 0) commit(lock);
    lock.unlock();
    upkeep.step(stored);
    lock.lock();
  }
  ++ended;
  watch.notify_one();
}

/// Until so many wait, or it is that late.
void Committer::State::sleep(std::unique_lock<std::mutex>& lock, std::size_t until, Steady::time_point at) {
  // Those who were too few to be compressed as yet: now is the time for it.
  if (!arrived.empty() && std::exchange(packer_idle, false)) arrival.notify_one();
  work.wait_until(lock, at, [&] {
    wake_at = until;  // each time anew, as in pack_loop()
    return stopping || queue.size() >= until;
  });
  wake_at = 0;
}

void Committer::State::gather(std::unique_lock<std::mutex>& lock) {
  if (last_batch < kBusyBatch) return;
  const Steady::time_point last = Steady::now() + kGatherMost;
  const auto room = [&] { return !stopping && queue.size() < enough && bytes < kBatchBytes && Steady::now() < last; };
  while (!queue.empty() && room()) {
    const std::size_t before = queue.size();
    sleep(lock, enough, std::min(last, Steady::now() + kGatherStep));
    if (queue.size() <= before) return;
  }
}

/// Waits for deliveries, or for the time to tend the store. false: it is time to stop.
bool Committer::State::take_batch(std::unique_lock<std::mutex>& lock) {
  if (queue.empty()) sleep(lock, 1, upkeep.next());
  gather(lock);
  if (stopping) return false;
  std::size_t size = 0;
  while (!queue.empty() && batch.size() < std::max(settings.batch, 1u)) {
    Waiting& next = queue.front();
    if (!batch.empty() && size + next.size > kBatchBytes) break;
    size += next.size;
    batch.push_back(std::move(next.delivery));
    in_flight.splice(in_flight.end(), queue, queue.begin());
  }
  if (!batch.empty()) last_batch = batch.size();
  busy = batch.size() >= kRush;
  return true;
}

void Committer::State::commit(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const Steady::time_point start = Steady::now();
  std::vector<Result<MessageId>> results;
  Code failed = Code::internal;
  try {
    results = store.put(batch);
  } catch (const std::exception&) {  // out of memory: this batch is refused, the process goes on
    failed = Code::unavailable;
  }
  meters.seconds.observe(std::chrono::duration<double>(Steady::now() - start).count());
  meters.commits.add();
  batch.clear();
  lock.lock();
  auto at = results.begin();
  for (Waiting& each : in_flight) {
    bytes -= each.size;
    // So short that it takes no memory.
    Result<MessageId> result = at != results.end() ? std::move(*at++) : fail(failed, "no answer");
    if (each.done) told.push_back({std::move(each.done), std::move(result), std::move(each.waker)});
  }
  enough = std::min<std::size_t>(3 * (arrived.size() + queue.size() + in_flight.size()) / 4, settings.batch);
  in_flight.clear();
  lock.unlock();
  answer(told);
  told.clear();
  lock.lock();
}

void Committer::State::watch_loop() {
  std::unique_lock lock(mutex);
  DeliveryAnswers answers;
  for (;;) {
    answers.swap(refused);
    bool over = ended == 2;
    try {
      expire(Steady::now(), answers);
      if (over) give_up(answers);
    } catch (const std::bad_alloc&) {  // those at hand hear it now, and the others the next time
      over = false;
      if (answers.empty()) watch.wait_for(lock, kBeforeRetry);
    }
    if (!answers.empty()) {
      lock.unlock();
      answer(answers);
      answers.clear();
      lock.lock();
      continue;
    }
    if (over) return;
    const Steady::time_point deadline = earliest_deadline();
    watcher_idle = deadline == Steady::time_point::max();
    if (watcher_idle) {
      watch.wait(lock);
    } else {
      watch.wait_until(lock, deadline);
    }
    watcher_idle = false;
  }
}

Steady::time_point Committer::State::earliest_deadline() const {
  for (const Waiting& waiting : in_flight) {
    if (waiting.done) return waiting.deadline;
  }
  if (!queue.empty()) return queue.front().deadline;
  if (!packing.empty() && packing.front().done) return packing.front().deadline;
  return arrived.empty() ? Steady::time_point::max() : arrived.front().deadline;
}

/// Throws before anything has changed, or not at all.
void Committer::State::answer_with(Waiting& waiting, Code code, const char* what, DeliveryAnswers& answers) {
  answers.push_back({{}, fail(code, what), {}});
  answers.back().done = std::exchange(waiting.done, {});
  answers.back().waker = std::move(waiting.waker);
}

/// Answers those past their deadline. The memory of a batch in flight stays counted: the store still holds it.
void Committer::State::expire(Steady::time_point now, DeliveryAnswers& answers) {
  const auto late = [&](Waiting& waiting) { answer_with(waiting, Code::timed_out, "no answer in time", answers); };
  for (Waiting& waiting : in_flight) {
    if (waiting.done && waiting.deadline <= now) late(waiting);
  }
  while (!queue.empty() && queue.front().deadline <= now) {
    late(queue.front());
    bytes -= queue.front().size;
    queue.pop_front();
  }
  if (!packing.empty() && packing.front().done && packing.front().deadline <= now) late(packing.front());
  while (!arrived.empty() && arrived.front().deadline <= now) {
    late(arrived.front());
    arrived.pop_front();
  }
}

void Committer::State::give_up(DeliveryAnswers& answers) {
  for (std::list<Waiting>* waiting : {&queue, &arrived}) {
    for (Waiting& each : *waiting)
      if (each.done) answer_with(each, Code::unavailable, "the store is closing", answers);
    waiting->clear();
  }
  bytes = 0;
}

void Committer::State::answer(DeliveryAnswers& answers) {
  tell(answers, [this](const Result<MessageId>& result) {
    meters.count(result);
    count.fetch_sub(1, std::memory_order_relaxed);
  });
}

void Committer::State::stop() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
    arrival.notify_one();
    work.notify_one();
  }
  for (std::thread* each : {&compressing, &committing, &watching})
    if (each->joinable()) each->join();
}

Committer::Committer(Store& store, const StoreSettings& settings, metrics::Registry& metrics)
    : state_(std::make_unique<State>(store, settings, metrics)) {
  if (settings.compression == 0) state_->ended = 1;  // nothing is compressed, and nobody does it
  if (settings.compression != 0) state_->compressing = std::thread([state = state_.get()] { state->pack_loop(); });
  state_->committing = std::thread([state = state_.get()] { state->commit_loop(); });
  state_->watching = std::thread([state = state_.get()] { state->watch_loop(); });
}

Committer::~Committer() { state_->stop(); }

void Committer::push(Delivery delivery, Done done, BudgetShare memory, std::shared_ptr<Waker> waker) {
  state_->push(std::move(delivery), std::move(done), std::move(memory), std::move(waker));
}

Millis Committer::silent() const { return std::max(state_->packs.silent(), state_->commits.silent()); }

std::size_t Committer::waiting() const { return state_->count.load(std::memory_order_relaxed); }

}  // namespace maildrop::store
