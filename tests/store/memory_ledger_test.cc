/// memory_ledger_test.cc: ledgers in memory are one by their URL, or nobody else's. What they do: ledger_test.cc.
#include "store/memory_ledger.h"

#include "store/ledger_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("memory ledger: one URL is one ledger as long as somebody has it, another is another") {
  World world("memory");
  auto first = open_ledger_of(world);
  done(*first, Operation::put("s", "a", 1h));
  {
    const auto second = open_ledger_of(world);
    first.reset();
    CHECK(has(*second, "a"));
  }
  CHECK_FALSE(has(*open_ledger_of(world), "a"));
  CHECK_FALSE(has(*open_ledger_of(World("memory")), "a"));
}

TEST_CASE("memory ledger: one that was made is nobody else's") {
  const FakeClock clock;
  const auto one = make_memory_ledger(clock, 10);
  const auto two = make_memory_ledger(clock, 10);
  done(*one, Operation::put("s", "a", 1h));
  CHECK(has(*one, "a"));
  CHECK_FALSE(has(*two, "a"));
}
