/// rate_sharing_test.cc: what one process takes from a bucket, the others hear of.
#include "store/rate_sharing.h"

#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace std::chrono_literals;

namespace {

/// What is missing once `ledger` has been told; nothing: it never said.
std::optional<float> told(Bookkeeper& ledger, const std::string& key, float tokens, unsigned per_minute = 60) {
  std::optional<float> heard;
  share(ledger, {"rate-test", key, tokens, per_minute}, [&](float missing) { heard = missing; });
  while (ledger.waiting() > 0) std::this_thread::yield();
  return heard;
}

struct Broken final : Ledger {
  Broken() : Ledger(10) {}
  Result<std::vector<Answer>> carry_out(std::span<const LedgerTask>) override {
    return fail(Code::unavailable, "broken");
  }
  LedgerStats stats() const override { return {}; }
};

}  // namespace

TEST_CASE("rate_sharing: all that was taken is missing, comes back with time, and beyond a bucket is owed") {
  FakeClock clock;
  metrics::Registry registry;
  const auto ledger = make_memory_ledger(clock, 100);
  Bookkeeper bookkeeper(*ledger, registry);
  CHECK(told(bookkeeper, "a", 40) == 40.0F);
  CHECK(told(bookkeeper, "a", 60) == 100.0F);
  CHECK(told(bookkeeper, "b", 1) == 1.0F);
  CHECK(told(bookkeeper, "b", 0.5) == 1.5F);  // the other half has come back
  clock.advance(50s);
  CHECK(told(bookkeeper, "a", 10) == 60.0F);
  CHECK(told(bookkeeper, "a", 1000) <= 120.0F);  // two buckets are the most that is ever owed
}

TEST_CASE("rate_sharing: a ledger that fails, or does not count so far, says nothing") {
  FakeClock clock;
  metrics::Registry registry;
  Broken broken;
  Bookkeeper failing(broken, registry);
  CHECK(told(failing, "a", 1) == std::nullopt);
  const auto ledger = make_memory_ledger(clock, 100);
  Bookkeeper bookkeeper(*ledger, registry);
  CHECK(told(bookkeeper, "a", 1, 500'000) == 1.0F);
  CHECK(told(bookkeeper, "b", 1, 500'001) == std::nullopt);
}
