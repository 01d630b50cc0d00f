/// kit.h: what the API's tests share: a store in memory that can be made to fail or hang, and a context around it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "api/statistics.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "store/listing.h"

namespace maildrop::api::test {

/// As simple as a store can be. Counts what it is asked for.
class FakeStore : public store::Store {
 public:
  using Messages = std::vector<store::Message>;  // newest first

  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    const std::unique_lock lock = enter();
    if (failure) return tl::unexpected(*failure);
    store::Listing listing(query);
    for (const store::Message& each : inboxes_[inbox.name()]) listing.add(each.summary);
    const bool waited_for = on_listed && (on_listed_of.empty() || on_listed_of == inbox.name());
    if (waited_for) std::exchange(on_listed, nullptr)(inboxes_);
    return listing.take();
  }
  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override {
    const std::unique_lock lock = enter();
    if (failure) return tl::unexpected(*failure);
    for (const store::Message& each : inboxes_[inbox.name()])
      if (each.summary.id == id) return each;
    return fail(Code::not_found, "no message '" + id.text() + "'");
  }
  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override {
    if (on_remove) std::exchange(on_remove, nullptr)();
    const std::unique_lock lock = enter();
    if (failure) return tl::unexpected(*failure);
    Messages& all = inboxes_[inbox.name()];
    for (auto each = all.begin(); each != all.end(); ++each)
      if (each->summary.id == id) return all.erase(each), true;
    return false;
  }
  Result<std::vector<store::Found>> scan(store::ScanCursor& cursor, std::size_t) override {
    const std::unique_lock lock = enter();
    if (failure) return tl::unexpected(*failure);
    std::vector<store::Found> found;
    for (const std::string& name : std::exchange(cursor.inboxes, {}))
      for (const store::Message& each : inboxes_[name])
        found.push_back({{mail::Inbox::trusted(name), each.summary.id}, each.summary});
    cursor.named = true;
    return found;
  }
  Result<std::size_t> remove_all(std::span<const store::Spot> spots) override {
    if (on_remove) std::exchange(on_remove, nullptr)();
    const std::unique_lock lock = enter();
    if (failure) return tl::unexpected(*failure);
    ++commits;
    std::size_t removed = 0;
    for (const store::Spot& spot : spots)
      removed += std::erase_if(inboxes_[spot.inbox.name()],
                               [&spot](const store::Message& each) { return each.summary.id == spot.id; });
    return removed;
  }
  std::vector<Result<store::MessageId>> put(std::span<const store::Delivery>) override { return {}; }
  Result<store::PurgeReport> purge(const store::PurgeQuery&) override { return store::PurgeReport(); }
  Result<store::StoreStats> stats() override { return store::StoreStats(); }
  Result<void> ready() override {
    const std::unique_lock lock = enter();
    if (failure) return tl::unexpected(*failure);
    return {};
  }
  void apply(const InboxSettings&) override {}

  void add(const std::string& inbox, store::Message message) {
    const std::lock_guard lock(mutex_);
    Messages& all = inboxes_[inbox];
    all.insert(all.begin(), std::move(message));
  }
  std::size_t count(const std::string& inbox) {
    const std::lock_guard lock(mutex_);
    return inboxes_[inbox].size();
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  /// While held, every call waits.
  void hold(bool on) {
    const std::lock_guard lock(mutex_);
    held_ = on;
    go_.notify_all();
  }

  std::optional<store::ChangeMark> change_mark() const override {
    const std::uint64_t now = mark;
    return now == 0 ? std::nullopt : std::optional(store::ChangeMark{now});
  }

  std::atomic<std::uint64_t> mark{0};                               // 0: there is none
  std::optional<Error> failure;                                     // set it before others ask
  std::function<void()> on_remove;                                  // called once, before it
  int commits = 0;                                                  // of remove_all()
  std::function<void(std::map<std::string, Messages>&)> on_listed;  // called once, when a list has been made
  std::string on_listed_of;                                         // of this inbox alone; empty: of any

 private:
  std::unique_lock<std::mutex> enter() {
    std::unique_lock lock(mutex_);
    ++calls_;
    go_.wait(lock, [this] { return !held_; });
    return lock;
  }

  std::mutex mutex_;
  std::condition_variable go_;
  std::map<std::string, Messages> inboxes_;
  int calls_ = 0;
  bool held_ = false;
};

inline const std::string kFirstId = "00000000000000000000000001";
inline const std::string kSecondId = "00000000000000000000000002";
inline const std::string kUnknownId = "0000000000000000000000000z";

inline store::Message message(const std::string& id, const std::string& subject, const std::string& data) {
  store::Message out;
  out.summary.id = store::MessageId::trusted(id);
  out.summary.from = "alice@example.org";
  out.summary.to = "Bob+shop@example.test";
  out.summary.header_from = "Alice <alice@example.org>";
  out.summary.helo = "mx.example.org";
  out.summary.peer = "192.0.2.7";
  out.summary.subject = subject;
  out.summary.received = from_millis(1'700'000'000'123);
  out.summary.date = from_millis(1'699'999'990'000);
  out.summary.size = data.size();
  out.data = data;
  return out;
}

/// What a test says they are. Counts how often they are read. Thread-safe but for `failure`.
class FakeStatistics : public store::Statistics {
 public:
  Result<void> add(std::span<const store::Count> counts, std::uint64_t) override {
    const std::lock_guard lock(mutex_);
    numbers_.since = from_millis(1'700'000'000'000);
    for (const store::Count& each : counts) {
      numbers_.totals[each.series] += each.n;
      numbers_.counts.push_back(each);
    }
    return {};
  }
  Result<store::Numbers> read(store::Hour from, store::Hour to) override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (failure) return tl::unexpected(*failure);
    store::Numbers numbers = numbers_;
    std::erase_if(numbers.counts, [&](const store::Count& each) { return each.hour < from || each.hour > to; });
    return numbers;
  }
  /// Of the hour of FakeClock's start.
  void count(std::string series, std::uint64_t n, store::Hour hours_ago = 0) {
    const store::Count one{store::hour_of(from_millis(1'700'000'000'000)) - hours_ago, std::move(series), n};
    static_cast<void>(add({&one, 1}, 0));
  }
  int reads() {
    const std::lock_guard lock(mutex_);
    return reads_;
  }

  std::optional<Error> failure;  // set it before others ask

 private:
  std::mutex mutex_;
  store::Numbers numbers_;
  int reads_ = 0;
};

/// Everything a handler works on. bob has two messages.
struct World {
  Config config;
  FakeClock clock;
  metrics::Registry metrics;
  FakeStore store;
  FakeStatistics statistics;
  StatisticsReader statistics_reader{statistics, clock, 192};
  Context context{store, store, config, clock, metrics, true};

  World() {
    config.api.hosts = {"*"};
    config.api.cors = {"*"};
    context.statistics = &statistics_reader;
    store.add("bob", message(kFirstId, "first", "Subject: first\r\nFrom: Alice <alice@example.org>\r\n\r\nhello\r\n"));
    store.add("bob",
              message(kSecondId, "second", "Subject: second\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n\xff\r\n"));
  }
};

/// `GET /a/b?c=d`, with fields as {name in lower case, value}.
inline Request request(std::string method, std::vector<std::string> path,
                       std::map<std::string, std::string, std::less<>> headers = {},
                       std::map<std::string, std::string, std::less<>> query = {}) {
  Request out;
  out.method = std::move(method);
  out.path = std::move(path);
  out.headers = std::move(headers);
  out.query = std::move(query);
  return out;
}

inline std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

}  // namespace maildrop::api::test
