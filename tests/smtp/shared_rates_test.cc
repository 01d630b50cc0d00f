/// shared_rates_test.cc: processes that share a ledger let through what one of them may, and soon know it.
#include "smtp/shared_rates.h"

#include <catch2/catch.hpp>
#include <thread>

#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace std::chrono_literals;
using Of = service::Flood::Of;

namespace {

service::FloodLimits limits(unsigned rate, unsigned factor = 1000) {
  return {.connections = rate,
          .messages = rate,
          .recipients = rate,
          .errors = rate,
          .network_factor = factor,
          .records = 100,
          .shared = true};
}

/// A process that shares a ledger with others.
struct Process {
  Process(const Clock& clock, store::Ledger& ledger, const service::FloodLimits& l)
      : flood(std::make_shared<service::Flood>(clock, l)), bookkeeper(ledger, registry) {}

  int take(const char* source, int most, Of of = Of::message) const {
    int count = 0;
    for (int i = 0; i < most; ++i) count += flood->take(*IpAddress::parse(source), of);
    return count;
  }
  /// Tells, and has heard.
  void share() {
    share_rates(flood, bookkeeper);
    while (bookkeeper.waiting() > 0) std::this_thread::yield();
  }

  metrics::Registry registry;
  std::shared_ptr<service::Flood> flood;
  store::Bookkeeper bookkeeper;
};

}  // namespace

TEST_CASE("shared rates: what was spent with one process is missing with the next, of each kind by itself") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  Process first(clock, *ledger, limits(20)), second(clock, *ledger, limits(20));
  for (const Of of : {Of::connection, Of::message, Of::recipient, Of::error}) {
    CHECK(first.take("192.0.2.1", 15, of) == 15);
    first.share();
    CHECK(second.take("192.0.2.1", 2, of) == 2);
    second.share();
    CHECK(second.take("192.0.2.1", 100, of) == 3);
    CHECK(second.take("192.0.2.2", 100, of) == 20);
  }
}

TEST_CASE("shared rates: so do the networks around sources") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  Process first(clock, *ledger, limits(20, 2)), second(clock, *ledger, limits(20, 2));
  CHECK(first.take("192.0.2.1", 20) == 20);
  CHECK(first.take("192.0.2.2", 15) == 15);
  first.share();
  CHECK(second.take("192.0.2.3", 3) == 3);
  second.share();
  CHECK(second.take("192.0.2.4", 100) == 2);
}

TEST_CASE("shared rates: many processes let through what one may, and what comes before they hear of it is owed") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 5; ++i) processes.push_back(std::make_unique<Process>(clock, *ledger, limits(60)));
  int all = 0;
  for (int second = 0; second < 600; ++second) {
    for (auto& each : processes) all += each->take("192.0.2.1", 3);
    for (auto& each : processes) each->share();
    clock.advance(1s);
  }
  // Ten minutes' worth and a bucket; without sharing it is five times that.
  CHECK(all > 500);
  CHECK(all < 720);
}

TEST_CASE("shared rates: a ledger that fails, or comes to it too late, leaves each with its own") {
  FakeClock clock;
  struct Broken final : store::Ledger {
    Broken() : Ledger(10) {}
    Result<std::vector<store::Answer>> carry_out(std::span<const store::LedgerTask>) override {
      return fail(Code::unavailable, "broken");
    }
    store::LedgerStats stats() const override { return {}; }
  } broken;
  Process alone(clock, broken, limits(20));
  CHECK(alone.take("192.0.2.1", 5) == 5);
  alone.share();
  CHECK(alone.take("192.0.2.1", 100) == 15);

  const auto ledger = store::make_memory_ledger(clock, 100);
  Process ended(clock, *ledger, limits(20));
  ended.take("192.0.2.1", 5);
  share_rates(ended.flood, ended.bookkeeper);
  ended.flood.reset();  // its answer finds nobody
}

TEST_CASE("shared rates: of a rate beyond what the ledger counts each has its own") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  Process first(clock, *ledger, limits(20, 1000)), large(clock, *ledger, limits(600'000, 1));
  large.take("192.0.2.1", 100'000);
  large.share();
  CHECK(ledger->stats().records == 0);
  first.take("192.0.2.1", 5);
  first.share();
  CHECK(ledger->stats().records == 1);
}
