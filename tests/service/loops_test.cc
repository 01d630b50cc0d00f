/// loops_test.cc: the loops' threads start, finish and stop.
#include "service/loops.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

using maildrop::service::Loops;

TEST_CASE("each loop has a thread of its own, and finish() lets it do its work") {
  Loops loops(3);
  REQUIRE(loops.size() == 3);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    boost::asio::post(loops.at(i).context(), [&] {
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
    });
  }
  loops.start();
  loops.finish();
  loops.join();
  CHECK(threads.size() == 3);
}

TEST_CASE("stop() ends what would wait for ever") {
  Loops loops(1);
  boost::asio::steady_timer timer(loops.at(0).context(), std::chrono::hours(1));
  timer.async_wait([](const boost::system::error_code&) {});
  loops.start();
  loops.stop();
  loops.join();
  SUCCEED();
}

TEST_CASE("without a number there is a loop for each usable core") {
  const Loops loops(0);
  CHECK(loops.size() >= 1);
}

TEST_CASE("a handler that throws ends neither its loop nor the process") {
  Loops loops(1);
  std::atomic<bool> ran{false};
  boost::asio::post(loops.at(0).context(), [] { throw std::runtime_error("on purpose"); });
  boost::asio::post(loops.at(0).context(), [&] { ran = true; });
  loops.start();
  loops.finish();
  loops.join();
  CHECK(ran);
}
