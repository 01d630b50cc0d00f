/// scripted_store.h: what tests of the committer are made with: a store that blocks, fails and counts at will, and who
/// keeps the answers.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/committer.h"
#include "store/kit.h"

namespace maildrop::store::test {

using namespace std::chrono_literals;

/// Stores nothing. While shut, put() waits.
class ScriptedStore final : public Store {
 public:
  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) override {
    std::unique_lock lock(mutex_);
    batches_.push_back(deliveries.size());
    changed_.notify_all();
    changed_.wait(lock, [&] { return !shut_; });
    std::vector<Result<MessageId>> results;
    for (const Delivery& d : deliveries) {
      if (d.packed) packed_.push_back(*d.packed);
      if ((d.packed ? d.packed->bytes : d.data) == "bad") {
        results.push_back(fail(Code::over_limit, "bad"));
      } else {
        results.emplace_back(d.summary.id);
      }
    }
    results.resize(results.size() - std::min(results.size(), forgotten_), fail(Code::internal, ""));
    return results;
  }
  Result<std::vector<Summary>> list(const mail::Inbox&, const Query&) override { return std::vector<Summary>(); }
  Result<Message> get(const mail::Inbox&, const MessageId&) override { return fail(Code::not_found, ""); }
  Result<bool> remove(const mail::Inbox&, const MessageId&) override { return false; }
  Result<PurgeReport> purge(const PurgeQuery& query) override {
    if (++purges == fails_at) throw std::bad_alloc();
    const bool more = backlog.fetch_sub(1) > 1;
    if (each_takes != 0us) {
      std::this_thread::sleep_for(query.messages * each_takes);
      const std::lock_guard lock(mutex_);
      steps_.push_back(query.messages);
      changed_.notify_all();
      return PurgeReport{query.messages, 0, {}, more};
    }
    return PurgeReport{1, more ? 2u : 0u, "192.0.2.0/24", more};
  }
  Result<StoreStats> stats() override { return StoreStats{}; }
  Result<void> ready() override { return {}; }
  void tend() override { ++tends; }
  void apply(const InboxSettings&) override {}

  void shut(bool on) {
    const std::lock_guard lock(mutex_);
    shut_ = on;
    changed_.notify_all();
  }
  void forget(std::size_t n) { forgotten_ = n; }
  std::vector<PackedBody> packed() {
    const std::lock_guard lock(mutex_);
    return packed_;
  }
  std::vector<std::size_t> wait_for_batches(std::size_t n) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 20s, [&] { return batches_.size() >= n; }));
    return batches_;
  }

  /// Whether it has so many, at once or before long.
  bool has_batches(std::size_t n, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return batches_.size() >= n; });
  }

  std::vector<std::size_t> wait_for_steps(std::size_t n) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 20s, [&] { return steps_.size() >= n; }));
    return steps_;
  }

  std::chrono::microseconds each_takes{0};  // to purge
  std::atomic<int> purges{0}, tends{0}, backlog{0}, fails_at{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  std::size_t forgotten_ = 0;
  std::vector<std::size_t> batches_;
  std::vector<PackedBody> packed_;
  std::vector<std::size_t> steps_;
};

/// Keeps what `done` was called with, each with its number.
class Answers {
 public:
  Committer::Done expect(int number) {
    return [this, number](Result<MessageId> result) {
      const std::lock_guard lock(mutex_);
      ++calls_;
      got_.insert_or_assign(number, result ? "stored" : std::string(to_string(result.error().code)));
      changed_.notify_all();
    };
  }
  std::map<int, std::string> wait_for(std::size_t n) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 20s, [&] { return got_.size() >= n; }));
    CHECK(calls_ == got_.size());
    return got_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, std::string> got_;
  std::size_t calls_ = 0;
};

struct Fixture {
  ScriptedStore store;
  StoreSettings settings;
  metrics::Registry registry;
  Answers answers;
  int answered = 0;

  Fixture() {
    settings.deadline = 60s;
    settings.compression = 0;
  }
  static Delivery mail(std::string data) {
    Delivery d = delivery(from_millis(0), {"bob"});
    d.data = std::move(data);
    return d;
  }
  static Delivery mail(std::size_t size = 10) { return mail(std::string(size, 'x')); }
  std::uint64_t counted(const char* result) {
    return registry.counter("maildrop_deliveries_total", "", std::string("result=\"") + result + "\"").value();
  }
  std::map<int, std::string> all_timed_out() const {
    std::map<int, std::string> all;
    for (int i = 0; i < answered; ++i) all.emplace(i, "timed_out");
    return all;
  }
  /// Where the deadline is short a slow machine is late with one or another. How many it took.
  std::size_t push_until_stored(Committer& committer) {
    for (std::size_t tries = 1;; ++tries) {
      committer.push(mail(), answers.expect(answered++));
      const std::string answer = answers.wait_for(static_cast<std::size_t>(answered)).at(answered - 1);
      if (answer == "stored") return tries;
      REQUIRE(answer == "timed_out");
    }
  }
};

}  // namespace maildrop::store::test
