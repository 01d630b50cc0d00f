/// sample_queue_test.cc: room in bytes and messages, and ends.
#include "replay/sample_queue.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace maildrop::replay;

namespace {

Sample sample(std::size_t bytes) {
  Sample out;
  out.data = std::string(bytes, 'x');
  return out;
}

bool fits(SampleQueue& queue, std::size_t bytes) {
  return queue.push(sample(bytes), [] { return false; });
}

}  // namespace

TEST_CASE("what waits and what is being sent is bounded in bytes") {
  SampleQueue queue(100);
  CHECK(fits(queue, 60));
  CHECK_FALSE(fits(queue, 41));
  CHECK(fits(queue, 40));
  REQUIRE(queue.pop());
  CHECK_FALSE(fits(queue, 1));  // it is being sent
  queue.release(60);
  CHECK(fits(queue, 60));
}

TEST_CASE("one that is larger than all goes alone") {
  SampleQueue queue(100);
  CHECK(fits(queue, 1000));
  CHECK_FALSE(fits(queue, 1));
  queue.pop();
  queue.release(1000);
  CHECK(fits(queue, 1));
  CHECK_FALSE(fits(queue, 1000));
}

TEST_CASE("messages that wait are counted, too") {
  SampleQueue queue;
  for (std::size_t i = 0; i < SampleQueue::kMessages; ++i) CHECK(fits(queue, 0));
  CHECK_FALSE(fits(queue, 0));
  queue.pop();
  CHECK(fits(queue, 0));
}

TEST_CASE("a closed queue gives what it has, an abandoned one nothing") {
  SampleQueue queue;
  CHECK(fits(queue, 1));
  queue.close();
  CHECK_FALSE(fits(queue, 1));
  CHECK(queue.pop());
  CHECK_FALSE(queue.pop());

  SampleQueue other;
  CHECK(fits(other, 1));
  CHECK(fits(other, 1));
  CHECK(other.abandon() == 2);
  CHECK_FALSE(other.pop());
  CHECK_FALSE(fits(other, 1));
}

TEST_CASE("a reader that waits for room goes on when there is") {
  SampleQueue queue(10);
  CHECK(fits(queue, 10));
  std::thread sender([&] {
    while (const auto one = queue.pop()) queue.release(one->data.size());
  });
  for (int i = 0; i < 1000; ++i) CHECK(queue.push(sample(7), [] { return true; }));
  queue.close();
  sender.join();
}
