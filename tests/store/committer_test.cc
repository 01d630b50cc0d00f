/// committer_test: batches, limits and deadlines, against a store that blocks, fails and counts at will.
#include "store/committer.h"

#include <sched.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "allocations.h"
#include "store/asleep.h"
#include "store/compression.h"
#include "store/kit.h"
#include "store/packed_body.h"
#include "store/scripted_store.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

using Want = std::map<int, std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "committer: each delivery gets its own answer") {
  Committer committer(store, settings, registry);
  committer.push(mail(), answers.expect(0));
  CHECK(answers.wait_for(1) == Want{{0, "stored"}});
  store.shut(true);
  committer.push(mail(), answers.expect(1));
  store.wait_for_batches(2);
  committer.push(mail("bad"), answers.expect(2));
  committer.push(mail(), answers.expect(3));
  CHECK(answers.count() == 1);
  CHECK(committer.waiting() == 3);
  CHECK(registry.gauge("maildrop_delivery_waiting", "").value() == 3);
  store.shut(false);
  CHECK(answers.wait_for(4) == Want{{0, "stored"}, {1, "stored"}, {2, "over_limit"}, {3, "stored"}});
  CHECK(committer.waiting() == 0);
  CHECK(store.wait_for_batches(3) == std::vector<std::size_t>{1, 1, 2});
  CHECK(counted("stored") == 3);
  CHECK(counted("over_limit") == 1);
  CHECK(registry.counter("maildrop_commits_total", "").value() == 3);
  CHECK(registry.histogram("maildrop_commit_seconds", "").count() == 3);
  CHECK(registry.gauge("maildrop_delivery_waiting", "").value() == 0);
}

TEST_CASE_METHOD(Fixture, "committer: a batch forms while the one before commits, within its limits") {
  struct Case {
    unsigned batch;
    std::size_t size;
    int pushed;
    std::vector<std::size_t> batches;
  };
  const Case cases[] = {
      {200, 10, 49, {1, 49}},           {10, 10, 25, {1, 10, 10, 5}},  {0, 10, 2, {1, 1, 1}},
      {200, 3u << 20, 5, {1, 2, 2, 1}}, {200, 9u << 20, 2, {1, 1, 1}},
  };
  for (const Case& c : cases) {
    ScriptedStore slow;
    Answers all;
    settings.batch = c.batch;
    Committer committer(slow, settings, registry);
    slow.shut(true);
    committer.push(mail(), all.expect(0));
    slow.wait_for_batches(1);
    for (int i = 1; i <= c.pushed; ++i) committer.push(mail(c.size), all.expect(i));
    slow.shut(false);
    all.wait_for(static_cast<std::size_t>(c.pushed) + 1);
    CHECK(slow.wait_for_batches(c.batches.size()) == c.batches);
  }
}

TEST_CASE_METHOD(Fixture, "committer: who is woken finds the answers of all that were answered together") {
  struct Sleeper final : Waker {
    explicit Sleeper(Answers& a) : answers(a) {}
    void wake() noexcept override {
      const std::lock_guard lock(mutex);
      found.push_back(answers.count());
      woken.notify_all();
    }
    std::vector<std::size_t> wait_for(std::size_t n) {
      std::unique_lock lock(mutex);
      REQUIRE(woken.wait_for(lock, 20s, [&] { return found.size() >= n; }));
      return found;
    }
    Answers& answers;
    std::mutex mutex;
    std::condition_variable woken;
    std::vector<std::size_t> found;  // answers, each time
  };
  const auto sleeper = std::make_shared<Sleeper>(answers);
  {
    Committer committer(store, settings, registry);
    store.shut(true);
    committer.push(mail(), answers.expect(0), {}, sleeper);
    store.wait_for_batches(1);
    for (int i = 1; i <= 20; ++i) committer.push(mail(), answers.expect(i), {}, sleeper);
    store.shut(false);
    CHECK(sleeper->wait_for(2) == std::vector<std::size_t>{1, 21});
    committer.push(mail(), answers.expect(21));  // nobody sleeps
    answers.wait_for(22);
  }
  CHECK(sleeper->wait_for(2).size() == 2);
  CHECK(sleeper.use_count() == 1);
}

TEST_CASE_METHOD(Fixture, "committer: a batch has room for so many bytes of what compressing has left, too") {
  settings.compression = 1;
  Committer committer(store, settings, registry);
  store.shut(true);
  std::mt19937 random(1);
  std::string noise(3u << 20, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (int i = 0; i < 6; ++i) {
    committer.push(mail(noise), answers.expect(i));
    if (i == 0) store.wait_for_batches(1);
  }
  const auto packed = [&] { return registry.total("maildrop_compression_input_bytes_total"); };
  while (packed() < 6 * noise.size()) std::this_thread::yield();
  store.shut(false);
  answers.wait_for(6);
  const std::vector<std::size_t> batches = store.wait_for_batches(4);
  CHECK(*std::max_element(batches.begin(), batches.end()) == 2);
}

TEST_CASE_METHOD(Fixture, "committer: memory is held until the delivery is gone, whoever was answered") {
  settings.deadline = 50ms;
  Budget budget(1000);
  const auto share = [&](std::uint64_t bytes) {
    BudgetShare made(budget);
    REQUIRE(made.resize(bytes));
    return made;
  };
  Committer committer(store, settings, registry);
  // It is given back a moment after the answer.
  const auto wait_until_used = [&](std::uint64_t bytes) {
    while (budget.used() != bytes) std::this_thread::yield();
  };
  store.shut(true);
  do {
    if (budget.used() == 0) committer.push(mail(), answers.expect(answered++), share(600));
  } while (!store.has_batches(1, settings.deadline));
  committer.push(mail(), answers.expect(answered++), share(300));
  CHECK(answers.wait_for(static_cast<std::size_t>(answered)) == all_timed_out());
  wait_until_used(600);  // the store still has one
  store.shut(false);
  wait_until_used(0);
  push_until_stored(committer);
}

TEST_CASE_METHOD(Fixture, "committer: a store that hangs costs the deadline, and one answer each") {
  settings.compression = GENERATE(0u, 9u);
  settings.deadline = 50ms;
  Committer committer(store, settings, registry);
  store.shut(true);
  do {
    committer.push(mail(), answers.expect(answered++));
  } while (!store.has_batches(1, settings.deadline));
  const std::size_t taken = store.wait_for_batches(1).front();
  committer.push(mail(), answers.expect(answered++));
  CHECK(answers.wait_for(static_cast<std::size_t>(answered)) == all_timed_out());
  CHECK(counted("timed_out") == static_cast<std::uint64_t>(answered));
  store.shut(false);
  const std::size_t tries = push_until_stored(committer);
  const std::vector<std::size_t> batches = store.wait_for_batches(2);
  // The last before these was given up, not stored late.
  CHECK(std::accumulate(batches.begin(), batches.end(), std::size_t{0}) <= taken + tries);
  while (committer.waiting() != 0) std::this_thread::yield();
}

TEST_CASE_METHOD(Fixture, "committer: mail comes to the store compressed, data and transcript in one piece") {
  settings.compression = 9;
  Committer committer(store, settings, registry);
  Delivery d = mail(std::string(5000, 'a'));
  d.transcript = "S: 220 example.test";
  committer.push(d, answers.expect(0));
  CHECK(answers.wait_for(1) == Want{{0, "stored"}});
  const std::vector<PackedBody> packed = store.packed();
  REQUIRE(packed.size() == 1);
  CHECK(packed[0].dictionary == kDictionary);
  CHECK(packed[0].bytes.size() < 200);
  const auto body = unpack_body(form_of(packed[0]), packed[0].bytes, d.data.size());
  REQUIRE(body);
  CHECK(body->data == d.data);
  CHECK(body->transcript == d.transcript);
  CHECK(registry.total("maildrop_compression_input_bytes_total", "") == 5019);
  CHECK(registry.total("maildrop_compression_output_bytes_total", "") == packed[0].bytes.size());
}

TEST_CASE_METHOD(Fixture, "committer: memory that runs out while it is given a delivery is an answer") {
  settings.compression = GENERATE(0, 9);
  Committer committer(store, settings, registry);
  bool failed = true;
  for (int good = 0; failed; ++good) {
    Delivery d = mail(1000);
    d.transcript.assign(1000, 't');
    Committer::Done done = answers.expect(good);
    {
      const maildrop::test::Allocations few(static_cast<std::size_t>(good));
      committer.push(std::move(d), std::move(done));
      failed = few.failed();
    }
    const Want got = answers.wait_for(static_cast<std::size_t>(good) + 1);
    CHECK(got.at(good) == (failed ? "unavailable" : "stored"));
  }
  CHECK(committer.waiting() == 0);
}

TEST_CASE_METHOD(Fixture, "committer: what compresses takes the CPU from nobody") {
  std::set<int> seen;  // a thread that was joined, by the committer of another test, may be there for a moment yet
  const auto new_ones = [&seen] {
    std::size_t found = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      const int id = std::stoi(task.path().filename());
      found += seen.insert(id).second && sched_getscheduler(id) == SCHED_BATCH;
    }
    return found;
  };
  settings.compression = 9;
  new_ones();
  Committer committer(store, settings, registry);
  committer.push(mail(), answers.expect(0));
  CHECK(answers.wait_for(1) == Want{{0, "stored"}});
  CHECK(new_ones() == 1);
}

TEST_CASE_METHOD(Fixture, "committer: in a rush the level is the lowest") {
  settings.compression = kMostCompression;
  Delivery d = mail();
  for (int i = 0; i < 2000; ++i) d.data += std::to_string(i * 7919 % 1009) + " of some text\r\n";
  const auto is_of = [&](const PackedBody& packed, int level) {
    return packed.bytes == compress(d.data, {level, true});
  };
  Committer committer(store, settings, registry);
  committer.push(d, answers.expect(0));
  answers.wait_for(1);
  store.shut(true);
  for (int i = 1; i <= 30; ++i) committer.push(d, answers.expect(i));
  const auto packed_so_far = [&] { return registry.total("maildrop_compression_input_bytes_total") / d.data.size(); };
  // A few may be left until the committer waits for them.
  const auto all_packed = [&] { return packed_so_far() >= 31 - 7; };
  for (int i = 0; i < 2000 && !all_packed(); ++i) std::this_thread::sleep_for(10ms);
  store.shut(false);
  answers.wait_for(31);
  const std::vector<PackedBody> packed = store.packed();
  REQUIRE(packed.size() == 31);
  REQUIRE(compress(d.data, {kFastCompression, true}) != compress(d.data, {kMostCompression, true}));
  CHECK(is_of(packed.front(), kMostCompression));
  CHECK(is_of(packed.back(), kFastCompression));
}

TEST_CASE_METHOD(Fixture,
                 "committer: who is late before his mail is compressed is answered, and it goes on afterwards") {
  settings.compression = 9;
  settings.deadline = 1ms;
  Committer committer(store, settings, registry);
  const std::string large(40u << 20, 'x');
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) committer.push(i == 0 ? mail(large) : mail(), answers.expect(answered++));
    answers.wait_for(static_cast<std::size_t>(answered));
  }
  // One thread that sleeps, and one that gives up what it was to be woken for: who wins is chance, so often.
  for (int i = 0; i < 500; ++i) {
    committer.push(mail(), answers.expect(answered++));
    if (i % 5 == 0) std::this_thread::sleep_for(std::chrono::microseconds(900 + i));
  }
  answers.wait_for(static_cast<std::size_t>(answered));
  push_until_stored(committer);
}

TEST_CASE_METHOD(Fixture, "committer: its end answers what waits, after the commit in flight") {
  settings.compression = GENERATE(0u, 9u);
  auto committer = std::make_unique<Committer>(store, settings, registry);
  store.shut(true);
  committer->push(mail(), answers.expect(0));
  store.wait_for_batches(1);
  committer->push(mail(), answers.expect(1));
  Asleep waiting;
  std::thread ending([&] {
    waiting.begins();
    committer.reset();
  });
  waiting.wait();
  CHECK(answers.count() == 0);
  store.shut(false);
  ending.join();
  CHECK(answers.wait_for(2) == Want{{0, "stored"}, {1, "unavailable"}});
}

TEST_CASE_METHOD(Fixture, "committer: a store that answers too little is not believed") {
  store.forget(1);
  Committer committer(store, settings, registry);
  committer.push(mail(), answers.expect(0));
  CHECK(answers.wait_for(1) == Want{{0, "internal"}});
}

TEST_CASE_METHOD(Fixture, "committer: it tends an idle store, and expires all that has expired") {
  constexpr int kBacklog = 50;  // more than one a second would come through
  store.backlog = kBacklog;
  Committer committer(store, settings, registry);
  for (int i = 0; i < 2000 && (store.purges < kBacklog || store.tends == 0); ++i) std::this_thread::sleep_for(10ms);
  CHECK(store.purges >= kBacklog);
  CHECK(registry.total("maildrop_store_removed_total", "reason=\"expired\"") >= kBacklog - 1);
  CHECK(registry.total("maildrop_store_removed_total", "reason=\"evicted\"") >= 2 * (kBacklog - 2));
  CHECK(store.tends >= 1);
}

TEST_CASE_METHOD(Fixture, "committer: expiry that is slow goes in smaller steps, down to a least one") {
  store.backlog = 10;
  store.each_takes = 500us;
  Committer committer(store, settings, registry);
  const std::vector<std::size_t> steps = store.wait_for_steps(4);
  CHECK(steps[0] == 200);
  CHECK(steps[1] < 60);  // 15 ms are 30 messages
  CHECK(steps[1] >= 16);
  CHECK(steps[3] < 60);
}

TEST_CASE_METHOD(Fixture, "committer: upkeep that throws ends neither the thread nor the process") {
  store.fails_at = 1;
  Committer committer(store, settings, registry);
  for (int i = 0; i < 2000 && store.purges < 1; ++i) std::this_thread::sleep_for(10ms);
  committer.push(mail(), answers.expect(0));
  CHECK(answers.wait_for(1) == Want{{0, "stored"}});
  for (int i = 0; i < 2000 && store.purges < 2; ++i) std::this_thread::sleep_for(10ms);
  CHECK(store.purges >= 2);
}

TEST_CASE_METHOD(Fixture, "committer: many threads, each answered exactly once") {
  settings.compression = GENERATE(0u, 9u);
  constexpr int kThreads = 4, kEach = 500;
  std::vector<std::atomic<int>> calls(kThreads * kEach);
  {
    Committer committer(store, settings, registry);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = t * kEach; i < (t + 1) * kEach; ++i) {
          committer.push(mail(), [&calls, i](const Result<MessageId>&) { ++calls[static_cast<std::size_t>(i)]; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(std::all_of(calls.begin(), calls.end(), [](const std::atomic<int>& n) { return n == 1; }));
  CHECK(counted("stored") + counted("unavailable") == calls.size());
}

TEST_CASE_METHOD(Fixture, "committer: threads that are not to be had are an exception, and those there are end") {
  settings.compression = GENERATE(0, 9);
  bool failed = true;
  std::size_t good = 0;
  for (; failed; ++good) {
    const maildrop::test::Allocations few(good);
    try {
      Committer committer(store, settings, registry);
    } catch (const std::bad_alloc&) {
    }
    failed = few.failed();
  }
  CHECK(good > 3);
}
