/// survey_desk_test: who sees which walk through the store.
#include "api/survey_desk.h"

#include <catch2/catch.hpp>
#include <functional>
#include <new>
#include <utility>

#include "api/kit.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

TEST_CASE("survey: what was begun before a change does for nobody who asks after it") {
  struct Changing final : FakeStore {
    std::function<void()> on_scan;
    Result<std::vector<store::Found>> scan(store::ScanCursor& cursor, std::size_t most) override {
      const Result<std::vector<store::Found>> found = FakeStore::scan(cursor, most);
      if (const auto then = std::exchange(on_scan, nullptr)) then();
      return found;
    }
  } store;
  FakeClock clock;
  SurveyDesk desk(store, clock);
  const auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::seconds(20); };
  store.on_scan = [&] { desk.forget(); };
  const auto first = *desk.look(soon());
  REQUIRE(first.survey);
  const auto second = *desk.look(soon());
  REQUIRE(second.survey);
  CHECK(second.survey != first.survey);
  CHECK(desk.look(soon())->survey == second.survey);  // nothing has changed
  desk.forget();
  store.on_scan = [] { throw std::bad_alloc(); };
  CHECK_THROWS_AS(desk.look(soon()), std::bad_alloc);
  CHECK(desk.look(soon())->survey);  // whose turn it was has left
}
