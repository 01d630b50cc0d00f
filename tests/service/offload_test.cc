/// offload_test.cc: bounded, and nothing accepted is forgotten.
#include "service/offload.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using maildrop::service::Offload;

TEST_CASE("everything that was accepted runs, also at the end") {
  std::atomic<int> runs{0};
  int accepted = 0;
  {
    Offload offload(3, 1000);
    for (int i = 0; i < 1000; ++i) accepted += offload.push([&] { ++runs; }) ? 1 : 0;
  }
  CHECK(accepted > 0);
  CHECK(runs == accepted);
}

TEST_CASE("a full queue refuses") {
  std::promise<void> started, finish;
  std::shared_future<void> released = finish.get_future().share();
  std::atomic<int> runs{0};
  {
    Offload offload(1, 2);
    REQUIRE(offload.push([&] {
      started.set_value();
      released.wait();
    }));
    started.get_future().wait();  // the one thread is busy: what follows waits
    CHECK(offload.push([&] { ++runs; }));
    CHECK(offload.push([&] { ++runs; }));
    CHECK_FALSE(offload.push([&] { ++runs; }));
    finish.set_value();
  }
  CHECK(runs == 2);
}
