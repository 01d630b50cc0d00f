/// live_filters_test.cc: a server that runs goes by what its store has learnt meanwhile.
#include "live_filters.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "filter/bayes_model.h"
#include "filter/bayes_tokens.h"
#include "store/backends.h"
#include "store/memory_ledger.h"

namespace maildrop::cmd {
namespace {

using namespace std::chrono_literals;

std::string taught_model() {
  filter::BayesModel model;
  for (int i = 0; i < 2; ++i) {
    model.learn(filter::BayesTokens("\r\nfree money").features(), true);
    model.learn(filter::BayesTokens("\r\nthe game").features(), false);
  }
  const auto bytes = model.bytes();
  REQUIRE(bytes);
  return *bytes;
}

struct RunningFilters {
  SystemClock clock;
  metrics::Registry registry;
  service::Loops loops{1};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Ledger> ledger = store::make_memory_ledger(clock, 100);
  store::Bookkeeper bookkeeper{*ledger, registry};
  std::unique_ptr<LiveFilters> filters;
  std::atomic<int> changes{0};
  std::atomic<bool> taught{false};  // of the chain in force, when it last changed

  RunningFilters() {
    Config config;
    config.filter.bayes.mode = FilterUse::Mode::score;
    config.filter.bayes.least = 1;
    config.dns.servers = {*Endpoint::parse("127.0.0.1:1")};
    store::OpenOptions options = store::open_options(config, "memory:live-filters", clock);
    options.role = store::Role::writer;
    store = *store::open_store(options);
    auto opened = open_filters(config, loops, *store, bookkeeper, clock, registry);
    REQUIRE(opened);
    filters = std::move(*opened);
    loops.start();
  }
  ~RunningFilters() {
    filters->end(loops);
    loops.finish();
    loops.join();
  }

  bool knows() const {
    for (const filter::Chain::Link& link : filters->chain()->links())
      if (link.filter->is_taught()) return true;
    return false;
  }
  void watch(const FilterLooks& looks) {
    const auto changed = [this] {
      taught = knows();
      ++changes;
    };
    filters->watch(loops, changed, looks);
  }
  /// At most so long that a test which fails ends.
  void await(int count) const {
    for (int tries = 0; changes < count && tries < 10'000; ++tries) std::this_thread::sleep_for(1ms);
  }
};

}  // namespace

TEST_CASE("live filters: a model that comes, and one that goes, is seen by a server that runs") {
  RunningFilters running;
  CHECK_FALSE(running.knows());
  running.watch({5ms, 5ms});
  REQUIRE(running.store->models().put("other", "nobody goes by it"));
  REQUIRE(running.store->models().put(filter::BayesModel::kKeptAs, taught_model()));
  running.await(1);
  CHECK(running.changes == 1);
  CHECK(running.taught);
  REQUIRE(running.store->models().remove(filter::BayesModel::kKeptAs));
  running.await(2);
  CHECK(running.changes == 2);
  CHECK_FALSE(running.taught);
}

}  // namespace maildrop::cmd
