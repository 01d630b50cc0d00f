/// stage.h: what a scene of the store's contract is played on.
#pragma once

#include <catch2/catch.hpp>

#include "store/kit.h"

namespace maildrop::store::test {

struct Stage {
  World& world;
  Store& store;

  Time now() const { return world.clock.now(); }
  std::string put(const std::vector<std::string>& names, std::size_t size = 100) {
    const Delivery d = delivery(now(), names, size);
    const auto id = put_one(store, d);
    REQUIRE(id);
    CHECK(id->text() == d.summary.id.text());
    return id->text();
  }
  bool remove(const std::string& name, const std::string& id) {
    const auto removed = store.remove(inbox(name), MessageId::trusted(id));
    REQUIRE(removed);
    return *removed;
  }
  std::vector<std::string> ids(const std::string& name) { return shown(store, name); }
  InboxSettings& caps() { return world.options.inbox; }
};

using Ids = std::vector<std::string>;

struct Scene {
  const char* name;
  void (*play)(Stage&);
};

/// A whole walk, page by page.
inline std::vector<Found> walk(Store& store, ScanCursor cursor = {}, std::size_t page = 3) {
  std::vector<Found> all;
  while (!cursor.done()) {
    auto found = store.scan(cursor, page);
    REQUIRE(found);
    for (Found& each : *found) all.push_back(std::move(each));
  }
  return all;
}

inline std::vector<Spot> spots_of(const std::vector<Found>& found) {
  std::vector<Spot> spots;
  for (const Found& each : found) spots.push_back(each.spot);
  return spots;
}

/// `name id` of each, sorted.
inline Ids sorted(const std::vector<Found>& found) {
  Ids lines;
  for (const Found& each : found) lines.push_back(each.spot.inbox.name() + " " + each.spot.id.text());
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace maildrop::store::test
