/// bookkeeper_test.cc: nobody waits, everybody is answered once, and what waits is bounded.
#include "store/bookkeeper.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "store/ledger_kit.h"
#include "store/ledger_rules.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

/// Can be made to hang and to fail; answers each task with its key.
class FaultyLedger final : public Ledger {
 public:
  FaultyLedger() : Ledger(1) {}
  LedgerStats stats() const override { return {7, 2, 1}; }

  void hang(bool on) {
    const std::lock_guard lock(mutex_);
    hangs_ = on;
    changed_.notify_all();
  }
  /// Returns when a batch has come.
  void await_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return callers_ > 0; });
  }

  std::atomic<bool> fails{false};
  std::atomic<bool> throws{false};
  std::vector<std::size_t> batches;  // their sizes; to be read when nothing is under way

 protected:
  Result<std::vector<Answer>> carry_out(std::span<const LedgerTask> tasks) override {
    std::unique_lock lock(mutex_);
    ++callers_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hangs_; });
    --callers_;
    batches.push_back(tasks.size());
    if (throws) throw std::bad_alloc();
    if (fails) return fail(Code::unavailable, "told to");
    std::vector<Answer> answers(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) answers[i].value = tasks[i].key;
    return answers;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = false;
  int callers_ = 0;
};

Result<Answer> ask(Bookkeeper& bookkeeper, const Operation& operation) {
  std::promise<Result<Answer>> promise;
  bookkeeper.ask(operation, [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

}  // namespace

TEST_CASE("bookkeeper: each is answered with what the ledger says to it") {
  FaultyLedger ledger;
  metrics::Registry registry;
  Bookkeeper bookkeeper(ledger, registry);
  CHECK(ask(bookkeeper, Operation::get("s", "a"))->value == "s:a");
  CHECK(ask(bookkeeper, Operation::get("no space", "a")).error().code == Code::invalid);
  ledger.fails = true;
  CHECK(ask(bookkeeper, Operation::get("s", "a")).error().code == Code::unavailable);
  ledger.fails = false;
  ledger.throws = true;
  CHECK(ask(bookkeeper, Operation::get("s", "a")).error().code == Code::unavailable);
  ledger.throws = false;
  CHECK(ask(bookkeeper, Operation::get("s", "b"))->value == "s:b");
  CHECK(registry.total("maildrop_ledger_operations_total", "result=\"done\"") == 2);
  CHECK(registry.total("maildrop_ledger_operations_total", "result=\"failed\"") == 3);
  CHECK(registry.total("maildrop_ledger_removed_total", "reason=\"expired\"") == 2);
  CHECK(registry.total("maildrop_ledger_removed_total", "reason=\"evicted\"") == 1);
  CHECK(registry.gauge("maildrop_ledger_records", "").value() == 7);
}

TEST_CASE("bookkeeper: what comes while a batch is under way is the next one, in its order") {
  FaultyLedger ledger;
  metrics::Registry registry;
  std::vector<std::string> answered;
  {
    Bookkeeper bookkeeper(ledger, registry);
    ledger.hang(true);
    bookkeeper.ask(Operation::get("s", "first"));
    ledger.await_batch();
    for (int i = 0; i < 250; ++i)
      bookkeeper.ask(Operation::get("s", std::to_string(i)), [&](const Result<Answer>& answer) {
        answered.push_back(answer ? answer->value : answer.error().what);
      });
    CHECK(bookkeeper.waiting() == 251);
    ledger.hang(false);
  }  // has them carried out
  CHECK(ledger.batches == std::vector<std::size_t>{1, Ledger::kLargestBatch, 50});
  REQUIRE(answered.size() == 250);
  for (int i = 0; i < 250; ++i) CHECK(answered[static_cast<std::size_t>(i)] == "s:" + std::to_string(i));
}

TEST_CASE("bookkeeper: too much for a ledger that hangs is refused at once") {
  FaultyLedger ledger;
  metrics::Registry registry;
  std::atomic<std::size_t> done{0};
  std::size_t refused = 0;
  const auto count = [&](const Result<Answer>& answer) {
    if (answer) {
      ++done;
    } else {
      refused += answer.error().code == Code::over_limit ? 1 : 0;
    }
  };
  SECTION("in number") {
    Bookkeeper bookkeeper(ledger, registry);
    ledger.hang(true);
    for (std::size_t i = 0; i < Bookkeeper::kMostWaiting + 3; ++i) bookkeeper.ask(Operation::get("s", "a"), count);
    CHECK(refused == 3);
    ledger.hang(false);
  }
  SECTION("in bytes") {
    Bookkeeper bookkeeper(ledger, registry);
    ledger.hang(true);
    const std::string key(Operation::kLongestKey, 'k');
    for (std::size_t i = 0; i < Bookkeeper::kMostBytes / key.size() + 2; ++i)
      bookkeeper.ask(Operation::get("s", key), count);
    CHECK(refused == 2);
    ledger.hang(false);
    while (bookkeeper.waiting() > 0) std::this_thread::yield();
    CHECK(ask(bookkeeper, Operation::get("s", key)));
  }
  CHECK(registry.total("maildrop_ledger_operations_total", "result=\"dropped\"") == refused);
  CHECK(registry.total("maildrop_ledger_operations_total", "result=\"done\"") >= done);
}

TEST_CASE("bookkeeper: its end does not wait for a ledger that fails, and answers everybody") {
  FaultyLedger ledger;
  metrics::Registry registry;
  std::size_t unavailable = 0;
  {
    Bookkeeper bookkeeper(ledger, registry);
    ledger.hang(true);
    ledger.fails = true;
    for (int i = 0; i < 1000; ++i)
      bookkeeper.ask(Operation::get("s", "a"), [&](const Result<Answer>& answer) {
        unavailable += !answer && answer.error().code == Code::unavailable ? 1 : 0;
      });
    ledger.await_batch();
    std::thread later([&] { ledger.hang(false); });
    later.join();
  }
  CHECK(unavailable == 1000);
}

TEST_CASE("bookkeeper: many threads ask at once, and a bucket grants what it has") {
  for (const std::string& scheme : kLedgers) {
    World world(scheme);
    const auto ledger = open_ledger_of(world);
    metrics::Registry registry;
    std::atomic<int> granted{0};
    {
      Bookkeeper bookkeeper(*ledger, registry);
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
          for (int j = 0; j < 200; ++j)
            bookkeeper.ask(Operation::take("s", "a", 1, {1, 1h, 300}),
                           [&](const Result<Answer>& answer) { granted += answer && answer->granted ? 1 : 0; });
        });
      for (std::thread& each : threads) each.join();
    }
    INFO(scheme);
    CHECK(granted == 300);
  }
}
