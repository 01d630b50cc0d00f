/// bulk_test.cc: what a tally counts, and how long patience lasts.
#include "store/bulk.h"

#include <catch2/catch.hpp>

#include "store/kit.h"

namespace maildrop::store {
namespace {

TEST_CASE("a tally: messages, inboxes, bytes, and from when to when") {
  const Time noon = from_millis(1'700'000'000'000);
  Tally tally;
  const auto add = [&](const char* name, std::chrono::milliseconds age, std::uint64_t size) {
    Summary summary = test::summary(noon - age, "subject");
    summary.size = size;
    tally.add(test::inbox(name), summary);
  };
  CHECK(tally.messages == 0);
  add("bob", std::chrono::hours(1), 100);
  CHECK(tally.oldest == tally.newest);
  add("bob", std::chrono::hours(3), 20);
  add("eve", std::chrono::hours(2), 3);
  CHECK(tally.messages == 3);
  CHECK(tally.inboxes == 2);
  CHECK(tally.bytes == 123);
  CHECK(tally.oldest == noon - std::chrono::hours(3));
  CHECK(tally.newest == noon - std::chrono::hours(1));
}

TEST_CASE("patience: with what passes by itself, and with nothing else") {
  int calls = 0;
  const auto failing_with = [&](Code code) {
    return [&calls, code]() -> Result<int> {
      if (++calls < 3) return fail(code, "not yet");
      return 7;
    };
  };
  for (const Code code : {Code::unavailable, Code::timed_out, Code::over_limit}) {
    calls = 0;
    CHECK(patiently(failing_with(code)) == 7);
    CHECK(calls == 3);
  }
  for (const Code code : {Code::not_found, Code::corrupt, Code::invalid, Code::internal}) {
    calls = 0;
    CHECK(!patiently(failing_with(code)));
    CHECK(calls == 1);
  }
}

}  // namespace
}  // namespace maildrop::store
