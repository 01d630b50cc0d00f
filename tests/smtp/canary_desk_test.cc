/// canary_desk_test.cc: many who ask, and one canary.
#include "smtp/canary_desk.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <new>
#include <thread>
#include <vector>

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

CanaryReport returned() {
  CanaryReport report;
  report.done = kCanarySteps;
  return report;
}

}  // namespace

TEST_CASE("a result counts for a while, good or bad") {
  FakeClock clock;
  int sent = 0;
  CanaryDesk desk(
      [&] {
        ++sent;
        return sent == 2 ? CanaryReport() : returned();
      },
      clock);
  for (int i = 0; i < 10; ++i) CHECK(desk.ask()->well());
  clock.advance(CanaryDesk::kFresh - Millis(1));
  CHECK(desk.ask()->well());
  CHECK(sent == 1);
  clock.advance(Millis(1));
  for (int i = 0; i < 10; ++i) CHECK_FALSE(desk.ask()->well());
  clock.advance(CanaryDesk::kFresh);
  CHECK(desk.ask()->well());
  CHECK(sent == 3);
}

TEST_CASE("never two canaries at once: who asks meanwhile has the last result, and waits where there is none") {
  FakeClock clock;
  std::atomic<int> sent{0};
  std::promise<void> begun, go;
  const std::shared_future<void> may_go = go.get_future().share();
  CanaryDesk desk(
      [&] {
        if (++sent == 1) begun.set_value();
        may_go.wait();
        return returned();
      },
      clock);
  std::vector<std::future<std::shared_ptr<const CanaryReport>>> asking;
  asking.push_back(std::async(std::launch::async, [&] { return desk.ask(); }));
  begun.get_future().wait();
  for (int i = 0; i < 4; ++i) asking.push_back(std::async(std::launch::async, [&] { return desk.ask(); }));
  go.set_value();
  const auto first = asking.front().get();
  for (std::size_t i = 1; i < asking.size(); ++i) CHECK(asking[i].get() == first);
  CHECK(sent == 1);
}

TEST_CASE("while the next canary is on its way, nobody else waits for it") {
  FakeClock clock;
  std::atomic<int> sent{0};
  std::promise<void> begun, go;
  CanaryDesk desk(
      [&] {
        if (++sent == 2) {
          begun.set_value();
          go.get_future().wait();
        }
        return returned();
      },
      clock);
  const auto first = desk.ask();
  clock.advance(CanaryDesk::kFresh);
  auto second = std::async(std::launch::async, [&] { return desk.ask(); });
  begun.get_future().wait();
  CHECK(desk.ask() == first);  // it would hang
  go.set_value();
  const auto next = second.get();
  CHECK(next != first);
  CHECK(desk.ask() == next);
  CHECK(sent == 2);
}

TEST_CASE("a canary that throws is one that failed") {
  FakeClock clock;
  CanaryDesk desk([]() -> CanaryReport { throw std::bad_alloc(); }, clock);
  CHECK(desk.ask()->error->code == Code::internal);
  CHECK_FALSE(desk.ask()->well());
}
