/// bookkeeper.cc: a queue and its thread.
#include "store/bookkeeper.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/pulse.h"
#include "core/thread.h"

namespace maildrop::store {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::minutes kTellOfLedgerEvery{1};  // that the ledger fails

constexpr std::string_view kOperations = "maildrop_ledger_operations_total";
constexpr std::string_view kOperationsHelp = "Operations on the ledger by how they ended; dropped: too many waited";
constexpr std::string_view kRecordsRemoved = "maildrop_ledger_removed_total";
constexpr std::string_view kRecordsRemovedHelp =
    "Records of the ledger that expired, and that were evicted to make room";

struct Meters {
  explicit Meters(metrics::Registry& r)
      : done(r.counter(kOperations, kOperationsHelp, "result=\"done\"")),
        failed(r.counter(kOperations, kOperationsHelp, "result=\"failed\"")),
        dropped(r.counter(kOperations, kOperationsHelp, "result=\"dropped\"")),
        expired(r.counter(kRecordsRemoved, kRecordsRemovedHelp, "reason=\"expired\"")),
        evicted(r.counter(kRecordsRemoved, kRecordsRemovedHelp, "reason=\"evicted\"")),
        records(r.gauge("maildrop_ledger_records", "Records in the ledger, expired ones not yet removed included")),
        seconds(r.histogram("maildrop_ledger_batch_seconds", "Time of a batch of operations on the ledger")) {}

  metrics::Counter& done;
  metrics::Counter& failed;
  metrics::Counter& dropped;
  metrics::Counter& expired;
  metrics::Counter& evicted;
  metrics::Gauge& records;
  metrics::Histogram& seconds;
};

std::size_t size_of(const Operation& operation) { return operation.key.size() + operation.value.size(); }

}  // namespace

struct Bookkeeper::State {
  struct Waiting {
    Operation operation;
    Done done;
  };

  State(Ledger& l, metrics::Registry& registry) : ledger(l), meters(registry) {}

  void loop();
  bool take_batch();
  void carry_out();
  void tell(const Error* error);
  void show();
  void answer(Done& done, Result<Answer> result);

  Ledger& ledger;
  Meters meters;

  mutable std::mutex mutex;
  std::condition_variable work;
  std::deque<Waiting> queue;
  std::size_t count = 0;  // of queue and batch
  std::size_t bytes = 0;
  bool stopping = false;

  // Of the thread alone.
  std::vector<Operation> batch;
  std::vector<Done> told;
  LedgerStats shown;
  bool failing = false;  // the last batch did
  Steady::time_point next_told{};

  Pulse pulse;
  std::thread thread;
};

void Bookkeeper::State::loop() {
  name_thread("bookkeeper");
  while (take_batch()) {
    try {
      carry_out();
    } catch (const std::exception&) {  // out of memory: these are refused, the process goes on
      for (Done& done : told) answer(done, fail(Code::unavailable, "no memory"));
    }
    const std::lock_guard lock(mutex);
    count -= batch.size();
    for (const Operation& each : batch) bytes -= size_of(each);
  }
}

/// false: it is time to stop, and all is answered.
bool Bookkeeper::State::take_batch() {
  batch.clear();
  told.clear();
  std::unique_lock lock(mutex);
  pulse.rest();
  work.wait(lock, [&] { return stopping || !queue.empty(); });
  pulse.beat();
  while (!queue.empty() && batch.size() < Ledger::kLargestBatch) {
    batch.push_back(std::move(queue.front().operation));
    told.push_back(std::move(queue.front().done));
    queue.pop_front();
  }
  return !batch.empty();
}

void Bookkeeper::State::carry_out() {
  const bool give_up = failing && [&] {
    const std::lock_guard lock(mutex);
    return stopping;
  }();
  if (give_up) {
    for (Done& done : told) answer(done, fail(Code::unavailable, "the ledger is closing"));
    return;
  }
  const Steady::time_point start = Steady::now();
  std::vector<Result<Answer>> results = ledger.run(batch);
  meters.seconds.observe(std::chrono::duration<double>(Steady::now() - start).count());
  // One that breaks a rule is its caller's fault alone.
  const auto bad = std::find_if(results.begin(), results.end(), [](const Result<Answer>& result) {
    return !result && result.error().code != Code::invalid;
  });
  tell(bad == results.end() ? nullptr : &bad->error());
  show();
  for (std::size_t i = 0; i < told.size(); ++i) answer(told[i], std::move(results[i]));
}

/// A ledger that fails is an operator's matter, once in a while.
void Bookkeeper::State::tell(const Error* error) {
  failing = error != nullptr;
  if (!failing || Steady::now() < next_told) return;
  log::warning("ledger failed", {{"error", error->what}});
  next_told = Steady::now() + kTellOfLedgerEvery;
}

void Bookkeeper::State::show() {
  const LedgerStats stats = ledger.stats();
  meters.records.set(static_cast<std::int64_t>(stats.records));
  meters.expired.add(stats.expired - shown.expired);
  meters.evicted.add(stats.evicted - shown.evicted);
  shown = stats;
}

void Bookkeeper::State::answer(Done& done, Result<Answer> result) {
  (result ? meters.done : meters.failed).add();
  const Done once = std::exchange(done, {});
  if (!once) return;
  try {
    once(std::move(result));
  } catch (const std::exception&) {  // out of memory: this one is not told
  }
}

Bookkeeper::Bookkeeper(Ledger& ledger, metrics::Registry& metrics) : state_(std::make_unique<State>(ledger, metrics)) {
  state_->batch.reserve(Ledger::kLargestBatch);
  state_->told.reserve(Ledger::kLargestBatch);
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

Bookkeeper::~Bookkeeper() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->work.notify_one();
  }
  state_->thread.join();
}

void Bookkeeper::ask(Operation operation, Done done) {
  {
    const std::lock_guard lock(state_->mutex);
    const std::size_t size = size_of(operation);
    if (state_->count < kMostWaiting && state_->bytes + size <= kMostBytes) {
      state_->queue.push_back({std::move(operation), std::move(done)});
      ++state_->count;
      state_->bytes += size;
      state_->work.notify_one();
      return;
    }
  }
  state_->meters.dropped.add();
  if (done) done(fail(Code::over_limit, "too much waits for the ledger"));
}

std::chrono::milliseconds Bookkeeper::silent() const { return state_->pulse.silent(); }

std::size_t Bookkeeper::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->count;
}

}  // namespace maildrop::store
