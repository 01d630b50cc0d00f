/// ledger_view_test.cc: what is tried on a view is seen there, and nowhere else.
#include "store/ledger_view.h"

#include <catch2/catch.hpp>

#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace std::chrono_literals;
using Op = Operation;

namespace {

constexpr Rate kRate{.tokens = 1, .per = 1min, .burst = 3};

struct Stage {
  FakeClock clock;
  std::unique_ptr<Ledger> ledger = make_memory_ledger(clock, 100);
  LedgerView view{*ledger, clock};
  Answer see(const Op& operation) { return view.run(operation).value(); }
  Answer real(const Op& operation) { return ledger->run(operation).value(); }
};

}  // namespace

TEST_CASE("records are those of the ledger, until they are changed") {
  Stage stage;
  const Time begin = stage.clock.now();
  stage.real(Op::put("s", "a", 1h, "x"));
  stage.clock.advance(1min);
  Answer answer = stage.see(Op::note("s", "a", 1h, "y"));
  CHECK((answer.found && answer.value == "x" && answer.since == begin && answer.until == begin + 1h));
  CHECK(stage.see(Op::put("s", "a", 1h, "z")).value == "x");
  CHECK(stage.see(Op::get("s", "a")).value == "z");
  CHECK(stage.see(Op::remove("s", "a")).found);
  CHECK_FALSE(stage.see(Op::get("s", "a")).found);
  CHECK_FALSE(stage.see(Op::note("s", "b", 1h, "new")).found);
  CHECK(stage.see(Op::get("s", "b")).value == "new");
  CHECK(stage.real(Op::get("s", "a")).value == "x");
  CHECK(stage.ledger->stats().records == 1);
}

TEST_CASE("sums go on from where they are") {
  Stage stage;
  stage.clock.advance(Millis(3'600'000 - to_millis(stage.clock.now()) % 3'600'000));
  stage.real(Op::add("s", "a", 100, 1h));
  stage.clock.advance(90min);
  stage.real(Op::add("s", "a", 7, 1h));
  const Answer there = stage.real(Op::add("s", "a", 0, 1h));
  CHECK((there.sum == 57 && there.current == 7));
  CHECK(stage.see(Op::add("s", "a", 1, 1h)).sum == 58);
  CHECK(stage.see(Op::add("s", "a", 1, 1h)).current == 9);
  stage.clock.advance(15min);
  CHECK(stage.see(Op::add("s", "a", 0, 1h)).sum == 34);
  CHECK(stage.see(Op::add("s", "b", 2, 1h)).sum == 2);
  CHECK(stage.real(Op::add("s", "a", 0, 1h)).current == 7);
  CHECK(stage.ledger->stats().records == 1);
}

TEST_CASE("buckets have what is left in them") {
  Stage stage;
  CHECK(stage.real(Op::take("s", "a", 1, kRate)).granted);
  CHECK((stage.see(Op::take("s", "a", 1, kRate)).granted && stage.see(Op::take("s", "a", 1, kRate)).granted));
  const Answer refused = stage.see(Op::take("s", "a", 1, kRate));
  CHECK((!refused.granted && refused.wait == 1min));
  CHECK(stage.see(Op::take("s", "b", 3, kRate)).granted);
  CHECK(stage.real(Op::take("s", "a", 0, kRate)).left == 2);
}

TEST_CASE("what the ledger cannot tell, the view cannot") {
  Stage stage;
  CHECK(stage.view.run(Op::get("no space", "a")).error().code == Code::invalid);
}
