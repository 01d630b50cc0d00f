/// play_together.h: many threads on one store.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "store/store_contract.h"

namespace maildrop::store::test {

/// Threads that put, read and remove at once: each inbox has one owner who knows what must be in it.
inline void play_together(const std::string& scheme) {
  World world(scheme);
  auto opened = world.open();
  REQUIRE(opened);
  Store& store = **opened;
  std::atomic<int> wrong{0};
  const auto owner = [&](const std::string& name) {
    Ids mine;
    for (int i = 0; i < 25; ++i) {
      const Delivery d = delivery(world.clock.now(), {name, "shared"});
      if (!put_one(store, d)) ++wrong;
      mine.insert(mine.begin(), d.summary.id.text());
      if (mine.size() > 10) mine.pop_back();
      if (i % 3 == 2) {
        if (!store.remove(inbox(name), MessageId::trusted(mine[1])).value_or(false)) ++wrong;
        mine.erase(mine.begin() + 1);
      }
      if (shown(store, name) != mine) ++wrong;
      if (shown(store, "shared").size() > 10) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(owner, "owner" + std::to_string(i));
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(shown(store, "shared").size() == 10);
}

}  // namespace maildrop::store::test
