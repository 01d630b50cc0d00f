/// canary_desk_test.cc: many who ask, and one canary.
#include "smtp/canary_desk.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <new>
#include <thread>
#include <vector>

#include "allocations.h"

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

CanaryReport returned() {
  CanaryReport report;
  report.done = kCanarySteps;
  return report;
}

/// One of them says that it is under way, and comes back when it may.
struct SlowCanary {
  explicit SlowCanary(int which) : slow(which) {}
  CanaryReport send() {
    if (++sent == slow) {
      begun.set_value();
      go.get_future().wait();
    }
    return returned();
  }

  const int slow;
  std::atomic<int> sent{0};
  std::promise<void> begun, go;
};

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

TEST_CASE("never two canaries at once: where nothing is known yet, others hear that soon") {
  FakeClock clock;
  SlowCanary canary(1);
  CanaryDesk desk([&] { return canary.send(); }, clock);
  auto first = std::async(std::launch::async, [&] { return desk.ask(); });
  canary.begun.get_future().wait();
  for (int i = 0; i < 2; ++i) CHECK(desk.ask() == nullptr);  // it would hang
  canary.go.set_value();
  CHECK(first.get()->well());
  CHECK(desk.ask()->well());
  CHECK(canary.sent == 1);
}

TEST_CASE("while the next canary is on its way, nobody else waits for it") {
  FakeClock clock;
  SlowCanary canary(2);
  CanaryDesk desk([&] { return canary.send(); }, clock);
  const auto first = desk.ask();
  clock.advance(CanaryDesk::kFresh);
  auto second = std::async(std::launch::async, [&] { return desk.ask(); });
  canary.begun.get_future().wait();
  CHECK(desk.ask() == first);  // it would hang
  canary.go.set_value();
  const auto next = second.get();
  CHECK(next != first);
  CHECK(desk.ask() == next);
  CHECK(canary.sent == 2);
}

TEST_CASE("a canary that throws is one that failed") {
  FakeClock clock;
  CanaryDesk desk([]() -> CanaryReport { throw std::bad_alloc(); }, clock);
  CHECK(desk.ask()->error->code == Code::internal);
  CHECK_FALSE(desk.ask()->well());
}

TEST_CASE("a canary for which there is no memory does not keep the next ones from being sent") {
  FakeClock clock;
  CanaryDesk desk([] { return CanaryReport(); }, clock);
  {
    const maildrop::test::Allocations none(0);
    CHECK_THROWS_AS(desk.ask(), std::bad_alloc);
  }
  CHECK(desk.ask());
}
