/// play_state_test.cc: turns and pauses, and how an early end cuts them short.
#include "replay/play_state.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace maildrop;
using namespace maildrop::replay;
using std::chrono::milliseconds;

TEST_CASE("a rate gives turns, one after the other") {
  PlayOptions options;
  options.rate = 1000;
  PlayState state(options);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 31; ++i) CHECK(state.wait_for_turn());
  CHECK(std::chrono::steady_clock::now() - begun >= milliseconds(30));
}

TEST_CASE("an end cuts waits short, drops what waits, and gives time for what is being sent") {
  PlayOptions options;
  options.rate = 0.001;
  options.last_words = milliseconds(20);
  PlayState state(options);
  CHECK(state.wait_for_turn());
  CHECK(state.queue().push({}, [] { return true; }));
  CHECK_FALSE(state.out_of_time());
  bool turn = true, paused = true;
  std::thread waits([&] { turn = state.wait_for_turn(); });
  std::thread pauses([&] { paused = state.pause(std::chrono::hours(1)); });
  state.end(true);
  state.end(false);  // it has ended
  waits.join();
  pauses.join();
  CHECK_FALSE(turn);
  CHECK_FALSE(paused);
  CHECK(state.ended());
  CHECK(state.server_gone());
  CHECK(state.tally().unsent == 1);
  CHECK_FALSE(state.queue().pop());
  std::this_thread::sleep_for(milliseconds(21));
  CHECK(state.out_of_time());
}

TEST_CASE("a pause is as long as it is") {
  const PlayOptions options;
  PlayState state(options);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(state.pause(milliseconds(5)));
  CHECK(std::chrono::steady_clock::now() - begun >= milliseconds(5));
}
