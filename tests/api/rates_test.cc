/// rates_test.cc: buckets of clients and of inboxes, what answers tell of them, and processes that share them.
#include "api/rates.h"

#include <catch2/catch.hpp>
#include <thread>

#include "api/answer.h"
#include "api/kit.h"
#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace std::chrono_literals;
using Of = Rates::Of;

namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

constexpr RateLimits kLimits{.client = 20, .inbox = 50, .records = 100};

/// How many of `most` requests are granted.
int granted(Rates& rates, const std::string& client, const std::string& inbox = {}, int most = 1000) {
  int count = 0;
  for (int i = 0; i < most; ++i) count += rates.take(ip(client), inbox).granted;
  return count;
}

RateLimits shared(unsigned client, unsigned inbox) {
  return {.client = client, .inbox = inbox, .records = 100, .shared = true};
}

/// A process that shares a ledger with others.
struct Process {
  Process(const Clock& clock, store::Ledger& ledger, const RateLimits& limits)
      : rates(std::make_shared<Rates>(clock, limits)), bookkeeper(ledger, registry) {}
  /// Tells, and has heard.
  void share() {
    share_rates(rates, bookkeeper);
    while (bookkeeper.waiting() > 0) std::this_thread::yield();
  }

  metrics::Registry registry;
  std::shared_ptr<Rates> rates;
  store::Bookkeeper bookkeeper;
};

struct Broken final : store::Ledger {
  Broken() : Ledger(10) {}
  Result<std::vector<store::Answer>> carry_out(std::span<const store::LedgerTask>) override {
    return fail(Code::unavailable, "broken");
  }
  store::LedgerStats stats() const override { return {}; }
};

}  // namespace

TEST_CASE("rates: a client has a minute's worth, and gets it back in a minute; others have their own") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  CHECK(granted(rates, "192.0.2.1") == 20);
  CHECK(granted(rates, "192.0.2.2") == 20);
  clock.advance(3s);
  CHECK(granted(rates, "192.0.2.1") == 1);
  clock.advance(1h);
  CHECK(granted(rates, "192.0.2.1") == 20);
}

TEST_CASE("rates: a client is an IPv4 address, or an IPv6 /64") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  CHECK(granted(rates, "2001:db8:0:1::1") == 20);
  CHECK(granted(rates, "2001:db8:0:1:ffff::9") == 0);
  CHECK(granted(rates, "2001:db8:0:2::1") == 20);
  CHECK(granted(rates, "192.0.2.1") == 20);
  CHECK(granted(rates, "::ffff:192.0.2.1") == 0);
}

TEST_CASE("rates: an IPv6 /48 may be one customer's, and has four clients' worth") {
  FakeClock clock;
  Rates rates(clock, {.client = 20, .inbox = 100, .records = 100});
  for (const char* each : {"2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:1:4::1"})
    CHECK(granted(rates, each, "bob") == 20);
  const Rates::Answer refused = rates.take(ip("2001:db8:1:5::1"), "bob");
  CHECK(refused.of == Of::network);
  CHECK(refused.limit == 80);
  CHECK(over_rate(refused).why == "api.request_rate");
  Response response;
  add_rate_fields(refused, response);
  CHECK(api::test::header(response, "RateLimit-Policy") == "\"network\";q=80;w=60");
  CHECK(granted(rates, "2001:db8:2:1::1", "bob") == 20);  // so the inbox had some left for others
  CHECK(granted(rates, "2001:db8:1:1::1", "bob") == 0);
  clock.advance(3s);
  CHECK(granted(rates, "2001:db8:1:5::1", "bob") == 4);
}

TEST_CASE("rates: IPv4 addresses have no network: many of one may be many people") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  for (int i = 0; i < 10; ++i) CHECK(granted(rates, "192.0.2." + std::to_string(i)) == 20);
}

TEST_CASE("rates: all clients together have so many for an inbox, and what it refuses counts for them") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  CHECK(granted(rates, "192.0.2.1", "bob") == 20);
  CHECK(granted(rates, "192.0.2.2", "bob") == 20);
  CHECK(granted(rates, "192.0.2.3", "bob", 15) == 10);
  CHECK(rates.take(ip("192.0.2.3"), "bob").of == Of::inbox);
  CHECK(granted(rates, "192.0.2.3", "alice") == 4);
  CHECK(rates.take(ip("192.0.2.3"), "bob").of == Of::client);
}

TEST_CASE("rates: who has spent his own takes nothing from an inbox") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  CHECK(granted(rates, "192.0.2.1") == 20);
  CHECK(granted(rates, "192.0.2.1", "bob") == 0);
  CHECK(granted(rates, "192.0.2.2", "bob") + granted(rates, "192.0.2.3", "bob") == 40);
  CHECK(granted(rates, "192.0.2.4", "bob") == 10);
}

TEST_CASE("rates: after the seconds of an answer, and not before, the next is granted") {
  for (const unsigned rate : {1U, 7U, 20U, 59U, 60U, 61U, 600U, 100'000U}) {
    CAPTURE(rate);
    FakeClock clock;
    Rates rates(clock, {.client = rate, .records = 10});
    while (rates.take(ip("192.0.2.1"), {}).granted) continue;
    for (int again = 0; again < 5; ++again) {
      const Rates::Answer refused = rates.take(ip("192.0.2.1"), {});
      REQUIRE_FALSE(refused.granted);
      CHECK(refused.left == 0);
      if (again == 0) CHECK(refused.wait == (60 + rate - 1) / rate);
      clock.advance(std::chrono::seconds(refused.wait - 1));
      CHECK_FALSE(rates.take(ip("192.0.2.1"), {}).granted);
      clock.advance(1s);
      CHECK(rates.take(ip("192.0.2.1"), {}).granted);
      while (rates.take(ip("192.0.2.1"), {}).granted) continue;
    }
  }
}

TEST_CASE("rates: an answer tells how many there are left") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  const Rates::Answer first = rates.take(ip("192.0.2.1"), "bob");
  CHECK(first.granted);
  CHECK(first.of == Of::client);
  CHECK(first.limit == 20);
  CHECK(first.left == 19);
  CHECK(first.wait == 3);
  Response response;
  add_rate_fields(first, response);
  CHECK(api::test::header(response, "RateLimit-Policy") == "\"client\";q=20;w=60");
  CHECK(api::test::header(response, "RateLimit") == "\"client\";r=19;t=3");
  CHECK(granted(rates, "192.0.2.1") == 19);
  const Rates::Answer refused = rates.take(ip("192.0.2.1"), "bob");
  const Fault fault = over_rate(refused);
  CHECK(fault.status == 429);
  CHECK(fault.retry_after == 3);
  CHECK(fault.why == "api.request_rate");
  Response refusal;
  add_rate_fields(refused, refusal);
  CHECK(api::test::header(refusal, "RateLimit") == "\"client\";r=0;t=3");
}

TEST_CASE("rates: of an inbox an answer tells nothing until that is what refuses") {
  FakeClock clock;
  Rates rates(clock, {.client = 0, .inbox = 30, .records = 10});
  Response response;
  add_rate_fields(rates.take(ip("192.0.2.1"), "bob"), response);
  CHECK(response.headers.empty());
  CHECK(granted(rates, "192.0.2.1", "bob") == 29);
  add_rate_fields(rates.take(ip("192.0.2.1"), "bob"), response);
  CHECK(api::test::header(response, "RateLimit-Policy") == "\"inbox\";q=30;w=60");
  CHECK(api::test::header(response, "RateLimit") == "\"inbox\";r=0;t=2");
}

TEST_CASE("rates: nought is any number") {
  FakeClock clock;
  Rates rates(clock, {.records = 10});
  CHECK(granted(rates, "192.0.2.1", "bob") == 1000);
  CHECK(rates.size() == 0);
}

TEST_CASE("rates: so many clients and inboxes are known, and the one unseen for longest is forgotten") {
  FakeClock clock;
  Rates rates(clock, {.client = 20, .inbox = 20, .records = 3});
  for (int i = 0; i < 100; ++i) rates.take(ip("192.0.2." + std::to_string(i)), "box" + std::to_string(i));
  CHECK(rates.size() == 6);
  CHECK(granted(rates, "192.0.2.99", "box99") == 19);
  // Refusals make no record, and keep the one that there is.
  for (const char* other : {"198.51.100.1", "198.51.100.2"}) {
    CHECK(granted(rates, other, {}, 1) == 1);
    CHECK(granted(rates, "192.0.2.99") == 0);
  }
  CHECK(granted(rates, "198.51.100.3", {}, 1) == 1);
  CHECK(granted(rates, "192.0.2.99") == 0);
  CHECK(granted(rates, "198.51.100.1") == 20);
}

TEST_CASE("rates: who has all his tokens back is forgotten by and by") {
  FakeClock clock;
  Rates rates(clock, {.client = 60, .inbox = 60, .records = 1000});
  for (int i = 0; i < 100; ++i) rates.take(ip("192.0.2." + std::to_string(i)), "box" + std::to_string(i));
  clock.advance(500ms);
  rates.take(ip("198.51.100.1"), "other");
  CHECK(rates.size() == 202);
  clock.advance(500ms);
  for (int i = 2; i < 102; ++i) rates.take(ip("198.51.100." + std::to_string(i)), {});
  CHECK(rates.size() == 101 + 101);  // of the inboxes none has come since
}

TEST_CASE("rates: the log is told of the first refusal, and then once a minute of how many there were") {
  FakeClock clock;
  Rates rates(clock, {.client = 1, .records = 10});
  CHECK(rates.take(ip("192.0.2.1"), {}).to_tell == 0);
  CHECK(rates.take(ip("192.0.2.1"), {}).to_tell == 1);
  CHECK(rates.take(ip("192.0.2.1"), {}).to_tell == 0);
  clock.advance(59s);
  CHECK(rates.take(ip("192.0.2.1"), {}).to_tell == 0);
  clock.advance(1s);
  CHECK(rates.take(ip("192.0.2.1"), {}).granted);
  CHECK(rates.take(ip("192.0.2.1"), {}).to_tell == 3);
  rates.apply({.inbox = 1, .records = 10});
  CHECK(rates.take("bob").to_tell == 0);
  CHECK(rates.take("bob").to_tell == 1);  // of each rate by itself
  CHECK(rates.take("bob").to_tell == 0);
}

TEST_CASE("rates: after a reload what was spent stays spent") {
  FakeClock clock;
  Rates rates(clock, kLimits);
  CHECK(granted(rates, "192.0.2.1", "bob") == 20);
  rates.apply({.client = 30, .inbox = 25, .records = 100});
  CHECK(granted(rates, "192.0.2.1", "bob") == 5);  // then the inbox has no more
  CHECK(granted(rates, "192.0.2.1") == 0);
  rates.apply({.client = 0, .inbox = 0, .records = 100});
  CHECK(granted(rates, "192.0.2.1", "bob") == 1000);
}

TEST_CASE("rates: what a client or an inbox spent with one process is missing with the next") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  Process first(clock, *ledger, shared(20, 1000)), second(clock, *ledger, shared(20, 1000));
  CHECK(granted(*first.rates, "192.0.2.1", {}, 15) == 15);
  for (int i = 1; i < 5; ++i) granted(*first.rates, "2001:db8:1:" + std::to_string(i) + "::1");
  first.share();
  granted(*second.rates, "2001:db8:1:5::1", {}, 10);
  second.share();
  CHECK(second.rates->take(ip("2001:db8:1:6::1"), {}).of == Of::network);
  CHECK(granted(*second.rates, "192.0.2.1", {}, 2) == 2);
  second.share();
  CHECK(granted(*second.rates, "192.0.2.1") == 3);
  CHECK(granted(*second.rates, "192.0.2.2") == 20);

  Process third(clock, *ledger, shared(0, 20)), fourth(clock, *ledger, shared(0, 20));
  CHECK(granted(*third.rates, "192.0.2.1", "bob", 15) == 15);
  third.share();
  CHECK(granted(*fourth.rates, "192.0.2.3", "bob", 2) == 2);
  fourth.share();
  CHECK(granted(*fourth.rates, "192.0.2.4", "bob") == 3);
  CHECK(granted(*fourth.rates, "192.0.2.4", "alice") == 20);
}

TEST_CASE("rates: what several let through before they heard of each other is owed, and waited for") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  Process first(clock, *ledger, shared(20, 0)), second(clock, *ledger, shared(20, 0));
  CHECK(granted(*first.rates, "192.0.2.1") == 20);
  CHECK(granted(*second.rates, "192.0.2.1") == 20);
  first.share();
  second.share();
  const Rates::Answer refused = second.rates->take(ip("192.0.2.1"), {});
  CHECK(refused.wait == 63);
  clock.advance(62s);
  CHECK_FALSE(second.rates->take(ip("192.0.2.1"), {}).granted);
  clock.advance(1s);
  CHECK(second.rates->take(ip("192.0.2.1"), {}).granted);
}

TEST_CASE("rates: telling does not make anybody wait longer than he was told") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  Process alone(clock, *ledger, shared(12, 0));
  CHECK(granted(*alone.rates, "192.0.2.1") == 12);
  for (int i = 0; i < 20; ++i) {
    const Rates::Answer refused = alone.rates->take(ip("192.0.2.1"), {});
    REQUIRE_FALSE(refused.granted);
    for (unsigned second = 0; second < refused.wait; ++second) {
      clock.advance(300ms);
      alone.share();
      clock.advance(700ms);
    }
    CHECK(alone.rates->take(ip("192.0.2.1"), {}).granted);
  }
}

TEST_CASE("rates: a ledger that fails, or comes to it too late, leaves each with its own") {
  FakeClock clock;
  Broken broken;
  Process alone(clock, broken, shared(20, 0));
  CHECK(granted(*alone.rates, "192.0.2.1", {}, 5) == 5);
  alone.share();
  CHECK(granted(*alone.rates, "192.0.2.1") == 15);

  const auto ledger = store::make_memory_ledger(clock, 100);
  Process ended(clock, *ledger, shared(20, 0));
  granted(*ended.rates, "192.0.2.1", {}, 5);
  share_rates(ended.rates, ended.bookkeeper);
  ended.rates.reset();  // its answer finds nobody
}
