/// bulk_purge_test: what is chosen goes, what was not counted stays, and an end at any moment leaves a whole store.
#include "store/bulk_purge.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "store/flaky_store.h"
#include "store/stage.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

bool any(const Found&) { return true; }
bool on(const Tally&) { return true; }

/// All that the files of a folder hold, one behind the other.
std::string all_files_of(const std::string& folder) {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() && entry.file_size() > 0) all << std::ifstream(entry.path(), std::ios::binary).rdbuf();
  return all.str();
}

struct Shop {
  World world;
  std::unique_ptr<Store> store;

  explicit Shop(const std::string& scheme) : world(scheme) {
    world.options.settings.compression = 0;
    auto opened = world.open();
    REQUIRE(opened);
    store = std::move(*opened);
  }
  std::string put(const std::string& name, std::size_t size = 100) {
    const auto id = put_one(*store, delivery(world.clock.now(), {name}, size));
    REQUIRE(id);
    return id->text();
  }
};

}  // namespace

TEST_CASE("bulk purge: counts what is wanted, and removes it from the inboxes that are named") {
  for (const char* scheme : {"memory", "sqlite", "redis"}) {
    INFO(scheme);
    Shop shop(scheme);
    for (int i = 0; i < 130; ++i) shop.put("box" + std::to_string(i), i % 2 == 0 ? 100 : 3000);
    const Time first = shop.world.clock.now();
    shop.world.clock.advance(1h);
    shop.put("box1", 3000);
    shop.world.clock.advance(1h);
    const auto large = [](const Found& found) { return found.summary.size == 3000; };
    BulkPurge purge(*shop.store, shop.world.clock, {}, large);
    CHECK(purge.count(on) == true);
    CHECK(purge.counted().messages == 66);
    CHECK(purge.counted().inboxes == 65);
    CHECK(purge.counted().bytes == 66 * 3000);
    CHECK(purge.counted().oldest == first);
    CHECK(purge.counted().newest == first + 1h);
    CHECK(shop.store->stats()->messages == 131);
    CHECK(purge.remove(on) == true);
    CHECK(purge.removed().messages == 66);
    CHECK(purge.removed().inboxes >= 65);  // box1 may be in two chunks
    CHECK(purge.scrub());
    CHECK(shop.store->stats()->messages == 65);
    for (const Found& found : walk(*shop.store)) CHECK(found.summary.size == 100);
    BulkPurge named(*shop.store, shop.world.clock, {"box0", "box2", "nobody"}, any);
    CHECK(named.count(on) == true);
    CHECK(named.remove(on) == true);
    CHECK(named.removed().messages == 2);
    CHECK(shop.store->stats()->messages == 63);
  }
}

TEST_CASE("bulk purge: what arrives after it was counted stays, also where a clock was wrong") {
  for (const char* scheme : {"memory", "sqlite", "redis"}) {
    INFO(scheme);
    Shop shop(scheme);
    shop.put("old");
    shop.world.clock.jump(48h);
    shop.put("ahead");
    shop.world.clock.jump(-48h);
    shop.world.clock.advance(1s);
    BulkPurge purge(*shop.store, shop.world.clock, {}, any);
    CHECK(purge.count(on) == true);
    shop.world.clock.advance(1s);
    const std::string later = shop.put("old");
    CHECK(purge.remove(on) == true);
    CHECK(purge.removed().messages == 2);
    CHECK(shown(*shop.store, "old") == Ids{later});
    CHECK(shop.store->stats()->messages == 1);
  }
}

TEST_CASE("bulk purge: ends between chunks when told to") {
  Shop shop("sqlite");
  for (int i = 0; i < 200; ++i) shop.put("box" + std::to_string(i));
  BulkPurge purge(*shop.store, shop.world.clock, {}, any);
  CHECK(purge.count(on) == true);
  CHECK(purge.remove([](const Tally& removed) { return removed.messages == 0; }) == false);
  CHECK(purge.removed().messages > 0);
  CHECK(purge.removed().messages < 200);
  CHECK(shop.store->stats()->messages == 200 - purge.removed().messages);
  BulkPurge counting(*shop.store, shop.world.clock, {}, any);
  CHECK(counting.count([](const Tally&) { return false; }) == false);
}

TEST_CASE("bulk purge: a writer that fails for a moment is waited for") {
  for (int n = 1; n <= 4; ++n) {
    INFO("the failing call is number " << n);
    Shop shop("sqlite");
    for (int i = 0; i < 60; ++i) shop.put("box" + std::to_string(i));
    FlakyStore flaky(*shop.store, n, FlakyStore::When::before);
    BulkPurge purge(flaky, shop.world.clock, {}, any);
    const auto counted = purge.count(on);
    const auto removed = counted ? purge.remove(on) : counted;
    CHECK(flaky.has_failed());
    CHECK(removed.has_value() == (n > 1));  // to count is tried once
    if (removed) CHECK(shop.store->stats()->messages == 0);
  }
}

TEST_CASE("bulk purge: nothing of what was removed is in any file of a SQLite store") {
  for (const bool hand_over : {false, true}) {
    Shop shop("sqlite");
    const std::string folder = std::filesystem::path(shop.world.folder.path("mail.db")).parent_path().string();
    std::vector<std::string> marks;
    for (int i = 0; i < 120; ++i) {
      Delivery d = delivery(shop.world.clock.now(), {"box" + std::to_string(i % 30)}, i % 3 == 0 ? 30'000 : 200);
      const std::string mark = "secret-" + std::to_string(i) + "-of-the-body";
      if (i % 2 == 0) marks.push_back(mark);
      d.data += mark;
      d.summary.size = d.data.size();
      d.summary.from = i % 2 == 0 ? "goes@example.org" : "stays@example.org";
      REQUIRE(put_one(*shop.store, d));
    }
    REQUIRE(all_files_of(folder).find(marks.front()) != std::string::npos);
    std::unique_ptr<Store> reader;
    if (hand_over) reader = std::move(*shop.world.open(Role::reader));
    const auto wanted = [](const Found& found) { return found.summary.from.starts_with("goes"); };
    BulkPurge purge(hand_over ? *reader : *shop.store, shop.world.clock, {}, wanted);
    CHECK(purge.count(on) == true);
    CHECK(purge.counted().messages == 60);
    CHECK(purge.remove(on) == true);
    CHECK(purge.scrub());
    const std::string files = all_files_of(folder);
    for (const std::string& mark : marks) CHECK(files.find(mark) == std::string::npos);
    CHECK(shop.store->stats()->messages == 60);
  }
}

TEST_CASE("bulk purge: chunks grow while they are quick, and shrink when they are not") {
  ChunkSize size;
  const std::chrono::microseconds target = ChunkSize::kTarget;
  for (int i = 0; i < 100; ++i) size.took(target / 5);
  CHECK(size.messages() == 500);
  size.took(target / 2);
  CHECK(size.messages() == 500);
  size.took(target * 5);
  CHECK(size.messages() == 250);
  for (int i = 0; i < 100; ++i) size.took(1s);
  CHECK(size.messages() == 1);
  CHECK(size.is_full(1, 0));
  CHECK(size.is_full(0, 1u << 20));
  CHECK(!size.is_full(0, 100));
}
