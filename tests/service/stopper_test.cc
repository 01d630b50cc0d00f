/// stopper_test.cc: what blocks is stopped, again and again, until it has ended.
#include "service/stopper.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>

using namespace maildrop;
using maildrop::service::Stopper;
using namespace std::chrono_literals;

namespace {

bool reaches(const std::atomic<int>& stops, int times) {
  for (int i = 0; i < 2000 && stops < times; ++i) std::this_thread::sleep_for(5ms);
  return stops >= times;
}

}  // namespace

TEST_CASE("when its time is over it stops, more than once") {
  std::atomic<int> stops = 0;
  Stopper stopper(std::chrono::steady_clock::now() + 20ms, [&] { ++stops; });
  CHECK(reaches(stops, 3));
  CHECK(stopper.expired());
}

TEST_CASE("what ends in time is not stopped") {
  std::atomic<int> stops = 0;
  {
    Stopper stopper(std::chrono::steady_clock::now() + 1h, [&] { ++stops; });
    CHECK_FALSE(stopper.expired());
  }
  CHECK(stops == 0);
}
