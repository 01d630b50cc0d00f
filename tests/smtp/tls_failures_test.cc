/// tls_failures_test.cc: whose handshake failed is known here at once, and elsewhere soon.
#include "smtp/tls_failures.h"

#include <catch2/catch.hpp>

#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace std::chrono_literals;

namespace {

mail::Peer peer(const std::string& address) {
  mail::Peer made;
  made.address = *IpAddress::parse(address);
  return made;
}

/// A process that shares a ledger with others: all is carried out at its end.
struct Process {
  Process(const Clock& clock, store::Ledger& ledger) : bookkeeper(ledger, registry), failures(clock, 10, &bookkeeper) {}
  metrics::Registry registry;
  store::Bookkeeper bookkeeper;
  TlsFailures failures;
};

}  // namespace

TEST_CASE("tls failures: a failure is known for its time, in this process without a ledger") {
  FakeClock clock;
  TlsFailures failures(clock, 3, nullptr);
  failures.note(peer("192.0.2.1"), 1h);
  failures.note(peer("192.0.2.2"), 0ms);
  failures.note(peer("192.0.2.3"), 24h * 10000);
  CHECK(failures.known(peer("192.0.2.1")));
  CHECK_FALSE(failures.known(peer("192.0.2.2")));
  CHECK(failures.known(peer("192.0.2.3")));
  failures.recall(peer("192.0.2.4"), [] { FAIL("nobody else is there"); });
  clock.advance(1h);
  CHECK_FALSE(failures.known(peer("192.0.2.1")));
  for (int i = 10; i < 13; ++i) failures.note(peer("192.0.2." + std::to_string(i)), 1h);
  CHECK_FALSE(failures.known(peer("192.0.2.3")));
  CHECK(failures.known(peer("192.0.2.12")));
}

TEST_CASE("tls failures: the next process asks, once a minute, and then knows for what is left of the time") {
  FakeClock clock;
  const auto ledger = store::make_memory_ledger(clock, 100);
  { Process(clock, *ledger).failures.note(peer("192.0.2.1"), 1h); }
  clock.advance(20min);
  std::atomic<int> found{0};
  auto next = std::make_unique<Process>(clock, *ledger);
  CHECK_FALSE(next->failures.known(peer("192.0.2.1")));
  for (const char* each : {"192.0.2.1", "192.0.2.1", "192.0.2.2"}) next->failures.recall(peer(each), [&] { ++found; });
  while (next->bookkeeper.waiting() > 0) continue;
  CHECK(found == 1);
  CHECK(next->failures.known(peer("192.0.2.1")));
  CHECK_FALSE(next->failures.known(peer("192.0.2.2")));
  CHECK(next->registry.total("maildrop_ledger_operations_total") == 2);
  clock.advance(40min);
  CHECK_FALSE(next->failures.known(peer("192.0.2.1")));
  next->failures.recall(peer("192.0.2.1"), [&] { ++found; });
  while (next->bookkeeper.waiting() > 0) continue;
  CHECK(found == 1);
  CHECK(next->registry.total("maildrop_ledger_operations_total") == 3);
}
