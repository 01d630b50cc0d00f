/// ledger_test.cc: what is noted is known for its time, and strangers cannot make it grow.
#include "store/ledger.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop;
using store::Ledger;
using namespace std::chrono_literals;

TEST_CASE("a record is known for its lifetime, counted from the last note") {
  FakeClock clock;
  Ledger ledger(clock, 10);
  CHECK_FALSE(ledger.noted("a"));
  ledger.note("a", 1h);
  CHECK(ledger.noted("a"));
  CHECK_FALSE(ledger.noted("b"));
  clock.advance(30min);
  ledger.note("a", 1h);
  clock.advance(59min);
  CHECK(ledger.noted("a"));
  clock.advance(1min);
  CHECK_FALSE(ledger.noted("a"));
}

TEST_CASE("one more than the limit, and the oldest is forgotten") {
  FakeClock clock;
  Ledger ledger(clock, 3);
  for (int i = 0; i < 100; ++i) {
    ledger.note("k" + std::to_string(i), 1h);
    CHECK(ledger.size() <= 3);
  }
  CHECK(ledger.noted("k99"));
  CHECK(ledger.noted("k97"));
  CHECK_FALSE(ledger.noted("k96"));
  ledger.set_limit(1);
  CHECK(ledger.noted("k99"));
  CHECK_FALSE(ledger.noted("k98"));
}

TEST_CASE("noted again and again, a record is one, and is there at the end") {
  FakeClock clock;
  Ledger ledger(clock, 3);
  ledger.note("other", 1h);
  for (int i = 0; i < 100; ++i) {
    clock.advance(1ms);
    ledger.note("a", 1h);
    CHECK(ledger.size() <= 3);
    CHECK(ledger.noted("a"));
  }
}

TEST_CASE("what is over makes room") {
  FakeClock clock;
  Ledger ledger(clock, 100);
  for (int i = 0; i < 50; ++i) ledger.note("k" + std::to_string(i), 1min);
  clock.advance(2min);
  ledger.note("new", 1min);
  CHECK(ledger.size() == 1);
}
