/// pulse_test.cc: a thread at work is silent for as long as it takes.
#include "core/pulse.h"

#include <catch2/catch.hpp>

using namespace maildrop;

TEST_CASE("who rests is not silent, and who works is") {
  Pulse pulse;
  CHECK(pulse.silent() == std::chrono::milliseconds(0));
  pulse.beat();
  while (pulse.silent() < std::chrono::milliseconds(2)) continue;
  pulse.beat();
  while (pulse.silent() < std::chrono::milliseconds(1)) continue;
  pulse.rest();
  CHECK(pulse.silent() == std::chrono::milliseconds(0));
}
