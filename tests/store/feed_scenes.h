/// feed_scenes.h: whose news a feed tells of, on each kind of store.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "store/feed.h"
#include "store/kit.h"

namespace maildrop::store::test {

/// Which of these inboxes it tells of, until it has nothing more to tell; each piece may come by itself.
inline std::vector<std::string> heard(Feed& feed, const std::vector<std::string>& names) {
  std::vector<std::string> concerned;
  for (auto patience = 20s; feed.wait(patience).value_or(false); patience = 0s) {
    std::this_thread::sleep_for(20ms);
    for (const std::string& name : names)
      if (concerns(feed.news(), name) && std::count(concerned.begin(), concerned.end(), name) == 0)
        concerned.push_back(name);
  }
  std::sort(concerned.begin(), concerned.end());
  return concerned;
}

/// The store is empty, and the feed has been opened on it.
inline void tells_whose_news(Store& store, Feed& feed, Time now) {
  using Names = std::vector<std::string>;
  const Names all{"bob", "eve", "joe"};
  const Delivery first = delivery(now, {"bob"});
  REQUIRE(put_one(store, first));
  CHECK(heard(feed, all) == Names{"bob"});
  REQUIRE(put_one(store, delivery(now, {"eve", "joe"})));
  CHECK(heard(feed, all) == Names{"eve", "joe"});
  CHECK(store.remove(inbox("bob"), first.summary.id).value());
  CHECK(heard(feed, all) == Names{"bob"});
  ScanCursor cursor;
  std::vector<Spot> spots;
  while (!cursor.done()) {
    const auto page = store.scan(cursor, 100);
    REQUIRE(page);
    for (const Found& found : *page)
      if (found.spot.inbox.name() == "joe") spots.push_back(found.spot);
  }
  CHECK(store.remove_all(spots).value() == 1);
  CHECK(heard(feed, all) == Names{"joe"});
  CHECK_FALSE(store.remove(inbox("joe"), first.summary.id).value());
  CHECK_FALSE(feed.wait(5ms).value_or(true));
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= News::kMost; ++i) many.push_back("m" + std::to_string(i));
  REQUIRE(put_one(store, delivery(now, many)));
  CHECK(heard(feed, {"m0", "m256"}) == Names{"m0", "m256"});
}

}  // namespace maildrop::store::test
