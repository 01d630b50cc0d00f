/// offload_test.cc: bounded, fair, and what waits at the end is forgotten.
#include "service/offload.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "allocations.h"

using maildrop::IpAddress;
using maildrop::service::Offload;

namespace {

const IpAddress kOne = IpAddress::from_v4(0x0a000001);
const IpAddress kTwo = IpAddress::from_v4(0x0a000002);

/// Keeps the one thread of an Offload busy until it is let go.
class Blocker {
 public:
  explicit Blocker(Offload& offload) {
    REQUIRE(offload.push(kOne, [this, released = let_go_.get_future().share()] {
      started_.set_value();
      released.wait();
    }));
    started_.get_future().wait();
  }
  void let_go() { let_go_.set_value(); }

 private:
  std::promise<void> started_, let_go_;
};

}  // namespace

TEST_CASE("everything that was accepted runs") {
  std::atomic<int> runs{0};
  Offload offload(3, 1000);
  int accepted = 0;
  for (int i = 0; i < 1000; ++i) accepted += offload.push(kOne, [&] { ++runs; }) ? 1 : 0;
  CHECK(accepted > 0);
  while (runs < accepted) std::this_thread::yield();
}

TEST_CASE("a full queue refuses, and the end forgets what waits") {
  std::atomic<int> runs{0};
  const auto held = std::make_shared<int>(0);
  std::future<void> ending;
  {
    auto offload = std::make_unique<Offload>(1, 2);  // a quarter is one
    Blocker blocker(*offload);
    CHECK(offload->push(kOne, [&runs, held] { ++runs; }));
    CHECK(offload->push(kTwo, [&runs, held] { ++runs; }));
    CHECK_FALSE(offload->push(kTwo, [&runs, held] { ++runs; }));
    CHECK(held.use_count() == 3);
    ending = std::async(std::launch::async, [&offload] { offload.reset(); });
    CHECK(ending.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);  // for what runs
    blocker.let_go();
    ending.wait();
  }
  CHECK(runs == 0);
  CHECK(held.use_count() == 1);
}

TEST_CASE("who asks for much waits behind himself, not others behind him") {
  std::string order;
  std::promise<void> last;
  Offload offload(1, 100);
  Blocker blocker(offload);
  for (const char c : {'a', 'b', 'c', 'd'}) REQUIRE(offload.push(kOne, [&order, c] { order += c; }));
  REQUIRE(offload.push(kTwo, [&order] { order += 'x'; }));
  REQUIRE(offload.push(kTwo, [&order] { order += 'y'; }));
  REQUIRE(offload.push(kOne, [&last] { last.set_value(); }));
  blocker.let_go();
  last.get_future().wait();
  CHECK(order == "axbycd");
}

TEST_CASE("no source has more than a quarter of the queue, but peers of unix sockets, who are none") {
  Offload offload(1, 8);
  Blocker blocker(offload);
  const auto pushed = [&](const IpAddress& source) {
    int taken = 0;
    while (offload.push(source, [] {})) ++taken;
    return taken;
  };
  CHECK(pushed(kOne) == 2);
  CHECK(pushed(kTwo) == 2);
  CHECK(pushed(IpAddress()) == 4);
  blocker.let_go();
}

TEST_CASE("of several threads one is free for others, and who has waited has it then") {
  Offload offload(2, 100);
  Blocker blocker(offload);
  std::promise<void> own, of_another;
  std::atomic<bool> begun{false};
  REQUIRE(offload.push(kOne, [&] {
    begun = true;
    own.set_value();
  }));
  REQUIRE(offload.push(kTwo, [&] { of_another.set_value(); }));
  of_another.get_future().wait();
  CHECK_FALSE(begun);
  blocker.let_go();
  own.get_future().wait();
}

TEST_CASE("work that throws ends neither its thread nor the process") {
  std::promise<void> ran;
  Offload offload(1, 10);
  REQUIRE(offload.push(kOne, [] { throw std::runtime_error("on purpose"); }));
  REQUIRE(offload.push(kOne, [&ran] { ran.set_value(); }));
  CHECK(ran.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("threads that are not to be had are an exception, and those there are end") {
  bool failed = true;
  std::size_t good = 0;
  for (; failed; ++good) {
    const maildrop::test::Allocations few(good);
    try {
      Offload offload(3, 10);
    } catch (const std::bad_alloc&) {
    }
    failed = few.failed();
  }
  CHECK(good > 3);
}
