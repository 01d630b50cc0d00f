/// fair_share_test: whoever sends, and however much, each store keeps what is young, refuses whoever holds too much,
/// and makes room at the cost of whoever holds most.
#include "store/fair_share.h"

#include <catch2/catch.hpp>
#include <random>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

constexpr std::uint64_t kCapacity = 8u << 20;
constexpr const char* kSchemes[] = {"memory", "sqlite", "redis"};

struct Town {
  explicit Town(const std::string& scheme, unsigned max_messages = 10) : world(scheme) {
    world.options.settings.max_size = kCapacity;
    world.options.inbox.max_messages = max_messages;
    reopen();
  }

  void reopen() {
    if (store && world.options.url.starts_with("memory")) return;  // it would forget
    store.reset();
    auto opened = world.open();
    REQUIRE(opened);
    store = std::move(*opened);
  }

  /// Its id; empty: there was no room.
  std::string send(const std::string& peer, const std::vector<std::string>& names, std::size_t size) {
    world.clock.advance(1ms);  // so that it is known what is older
    Delivery d = delivery(world.clock.now(), names, size);
    d.summary.peer = peer;
    const auto id = put_one(*store, d);
    if (!id) CHECK(id.error().code == Code::over_limit);
    return id ? id->text() : std::string();
  }

  /// To names of its own until there is no room; which were there.
  std::vector<std::string> fill(const std::string& peer, std::size_t size, const std::string& name = "fill") {
    std::vector<std::string> names;
    for (;;) {
      if (names.size() % 10 == 9) CHECK(store->purge({}));  // as the Committer does
      std::string next = name + std::to_string(names.size());
      if (send(peer, {next}, size).empty()) return names;
      names.push_back(std::move(next));
    }
  }

  std::size_t evict() {
    std::size_t evicted = 0;
    for (int i = 0; i < 1000; ++i) {
      const auto report = store->purge({50});
      REQUIRE(report);
      CHECK(report->removed == 0);
      CHECK(report->evicted <= 50);
      evicted += report->evicted;
      if (!report->more) break;
    }
    return evicted;
  }

  bool has(const std::string& name) { return !shown(*store, name).empty(); }

  World world;
  std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("fair share: a source is a /24 or a /48") {
  const auto name = [](const char* peer) { return to_string(source_of(peer)); };
  CHECK(name("192.0.2.77") == "192.0.2.0/24");
  CHECK(name("0.0.0.1") == "0.0.0.0/24");
  CHECK(name("255.255.255.255") == "255.255.255.0/24");
  CHECK(name("2001:db8:1:2:3::4") == "2001:db8:1::/48");
  CHECK(name("ffff:ffff:ffff:ffff::1") == "ffff:ffff:ffff::/48");
  CHECK(name("") == "local");
  CHECK(name("unix") == "local");
}

TEST_CASE("fair share: a source holds at most what is left free") {
  CHECK(may_add(0, 50, 100));
  CHECK(!may_add(0, 51, 100));
  CHECK(may_add(40, 30, 100));
  CHECK(!may_add(41, 30, 100));
  CHECK(!may_add(0, 200, 100));
  CHECK(!may_add(UINT64_MAX / 2, 1, 0));
  CHECK(must_yield(91, 100, 160));
  CHECK(!must_yield(90, 100, 160));
  CHECK(must_yield(0, 9, 160));
  CHECK(!must_yield(0, 10, 160));
}

TEST_CASE("fair share: what sources hold is known to the byte for the large ones, and never too little") {
  constexpr std::uint64_t kMany = 50000;
  Holdings holdings(kMany * 1000);
  for (std::uint64_t i = 0; i < kMany; ++i) holdings.add(Source(i), 500 + i % 1000);
  CHECK(holdings.largest().empty());
  holdings.add(Source(7), kMany * 100);
  holdings.add(Source(8), kMany * 50);
  REQUIRE(holdings.largest().size() == 2);
  CHECK(holdings.largest()[0].source == Source(7));
  CHECK(holdings.largest()[1].source == Source(8));
  std::uint64_t worst = 0;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const std::uint64_t is = 500 + i % 1000 + (i == 7 ? kMany * 100 : i == 8 ? kMany * 50 : 0);
    REQUIRE(holdings.of(Source(i)) >= is);
    worst = std::max(worst, holdings.of(Source(i)) - is);
  }
  CHECK(worst < kMany * 1000 / kLarge);
  holdings.take(Source(7), kMany * 100);
  CHECK(holdings.largest().size() == 1);
  for (std::uint64_t i = 0; i < kMany; ++i) holdings.take(Source(i), 500 + i % 1000);
  holdings.take(Source(8), kMany * 50);
  CHECK(holdings.of(Source(8)) == 0);
  CHECK(holdings.largest().empty());
}

TEST_CASE("fair share: a sample says what the large ones hold") {
  constexpr std::uint64_t kBytes = 1u << 30;
  std::mt19937_64 random(1);
  for (const std::uint64_t size : {1000u, 16384u, 100000u}) {
    std::uint64_t sum = 0, noted = 0;
    for (std::uint64_t sent = 0; sent < kBytes / 16; sent += size) {
      const std::uint64_t weight = weight_in_sample(size, kBytes, random());
      sum += weight;
      noted += weight != 0;
    }
    CHECK(sum > kBytes / 16 * 9 / 10);
    CHECK(sum < kBytes / 16 * 11 / 10);
    CHECK((size > 10000 || noted < kBytes / 16 / size / 10));
  }
}

TEST_CASE("fair share: a flood from one source costs nobody else a message") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    std::vector<std::string> honest;
    std::size_t refused = 0, taken_late = 0;
    for (int round = 0; round < 120; ++round) {
      for (int i = 0; i < 20; ++i) {
        const std::string name = "flood" + std::to_string(round) + "." + std::to_string(i);
        const bool taken = !town.send("192.0.2." + std::to_string(i), {name}, 60000).empty();
        refused += !taken;
        if (round > 60) taken_late += taken;
      }
      honest.push_back("honest" + std::to_string(round));
      REQUIRE(!town.send("198.51.100.7", {honest.back()}, 2000).empty());
      town.evict();
      if (round % 40 == 20) town.reopen();
      town.world.clock.advance(20s);
    }
    CHECK(refused > 100);
    CHECK(taken_late > 20);  // its own old mail makes room for it
    std::size_t lost = 0;
    for (const std::string& name : honest) lost += !town.has(name);
    CHECK(lost == 0);
    CHECK(town.store->stats()->bytes <= kCapacity);
    CHECK(town.store->ready());
  }
}

TEST_CASE("fair share: nothing goes before its time, however full it is") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    std::vector<std::vector<std::string>> filled;
    const Time start = town.world.clock.now();
    for (int source = 0; source < 6; ++source)
      filled.push_back(town.fill("10.0." + std::to_string(source) + ".1", 60000, std::to_string(source) + "fill"));
    CHECK(filled[0].size() > 40);
    CHECK(filled[1].size() > 20);
    CHECK(!filled[3].empty());  // each finds half of what the one before found
    town.world.clock.advance(start + town.world.options.inbox.min_age - town.world.clock.now());
    CHECK(town.evict() == 0);
    town.world.clock.advance(1min);  // who has looked in vain rests
    CHECK(town.evict() > 0);
    CHECK(!town.has(filled[0].front()));  // the oldest of the largest
    CHECK(town.has(filled[0].back()));
    CHECK(town.has(filled[1].back()));
    CHECK(town.has(filled[2].front()));
    CHECK(!town.send("203.0.113.1", {"new"}, 60000).empty());
  }
}

TEST_CASE("fair share: where all are small, the inboxes that have not received for longest go") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    const auto peer = [](int i) { return "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1"; };
    int sent = 0;
    for (; !town.send(peer(sent), {"box" + std::to_string(sent)}, 3500).empty(); ++sent) {
      REQUIRE(sent < 5000);
      if (sent % 100 == 0) town.world.clock.advance(1s);
    }
    CHECK(sent > 1000);
    town.world.clock.advance(town.world.options.inbox.min_age);
    CHECK(town.evict() > 30);
    CHECK(!town.has("box0"));
    CHECK(town.has("box" + std::to_string(sent - 1)));
    CHECK(!town.send(peer(sent), {"new"}, 3500).empty());
  }
}

TEST_CASE("fair share: however many large sources there are, the old mail of small ones stays") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    for (int i = 0; i < 50; ++i)
      REQUIRE(!town.send("10.9." + std::to_string(i) + ".1", {"small" + std::to_string(i)}, 1000).empty());
    town.world.clock.advance(town.world.options.inbox.min_age);
    for (int source = 0; source < 30; ++source)
      town.fill("10.0." + std::to_string(source) + ".1", 20000, std::to_string(source) + "fill");
    CHECK(town.send("10.1.0.1", {"more"}, 200000).empty());
    CHECK(town.evict() == 0);
    for (int i = 0; i < 50; ++i) CHECK(town.has("small" + std::to_string(i)));
  }
}

TEST_CASE("fair share: what surrounds a message counts, too") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    for (int i = 0; i < 1000; ++i) {
      std::vector<std::string> names;
      for (int n = 0; n < 50; ++n) names.push_back(std::string(30, 'n') + std::to_string(i * 50 + n));
      Delivery d = delivery(town.world.clock.now(), names, 2500);
      d.summary.subject = d.summary.header_from = std::string(990, 's');
      if (!put_one(*town.store, d)) break;
      REQUIRE(i < 500);
      CHECK(town.store->purge({}));
    }
    CHECK(town.store->stats()->bytes > kCapacity / 3);
    CHECK(town.store->stats()->bytes < kCapacity * 2 / 3);
    CHECK(!town.send("198.51.100.1", {"other"}, 200000).empty());
  }
}

TEST_CASE("fair share: a message for several inboxes counts once, and goes from all of them alone") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    const std::string kept = town.send("198.51.100.7", {"a"}, 1000);
    REQUIRE(!town.send("192.0.2.1", {"a", "b", "c", "d", "e", "f"}, 1'000'000).empty());
    REQUIRE(!town.send("192.0.2.1", {"a", "b"}, 1'000'000).empty());
    CHECK(town.send("192.0.2.1", {"g"}, 3'000'000).empty());
    town.world.clock.advance(town.world.options.inbox.min_age);
    CHECK(town.fill("192.0.2.1", 500'000).size() >= 2);
    const std::size_t evicted = town.evict();
    CHECK(evicted >= 6);
    CHECK(evicted <= (std::string(scheme) == "redis" ? 8 : 6));  // it goes by inboxes, not by messages
    CHECK(shown(*town.store, "a").back() == kept);
    CHECK(shown(*town.store, "a").size() + shown(*town.store, "b").size() == 9 - evicted);
    for (const char* name : {"c", "d", "e", "f"}) CHECK(!town.has(name));
  }
}

TEST_CASE("fair share: an inbox lives by when it received last, also when that message had to make room") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme);
    FakeClock& clock = town.world.clock;
    const InboxSettings& limits = town.world.options.inbox;
    const std::vector<std::string> older{town.send("198.51.100.7", {"bob"}, 1000)};
    clock.advance(limits.max_age / 2);
    REQUIRE(!town.send("192.0.2.1", {"bob"}, 1'000'000).empty());
    const Time last = clock.now();
    clock.advance(limits.min_age);
    town.fill("192.0.2.1", 60000);
    town.evict();
    REQUIRE(shown(*town.store, "bob") == older);
    clock.advance(last + limits.max_age - 1ms - clock.now());
    town.evict();  // and nothing has expired
    CHECK(shown(*town.store, "bob") == older);
    clock.advance(1ms);
    CHECK(!town.has("bob"));
  }
}

TEST_CASE("fair share: what is gone is not held any more, whatever took it") {
  for (const char* scheme : kSchemes) {
    INFO(scheme);
    Town town(scheme, 2);
    const std::string peer = "192.0.2.1";
    const std::size_t first = town.fill(peer, 60000).size();
    const auto full_again = [&] {
      town.reopen();
      const std::size_t now = town.fill(peer, 60000).size();
      CHECK(now + 3 >= first);
      CHECK(now <= first + 3);
    };
    for (std::size_t i = 0; i < first; ++i) {  // a reader
      const std::string name = "fill" + std::to_string(i);
      CHECK(*town.store->remove(inbox(name), MessageId::trusted(shown(*town.store, name).front())));
    }
    CHECK(town.store->stats()->inboxes == 0);
    full_again();
    for (std::size_t i = 0; i < first; ++i) {  // the cap, by others' mail: for some a message of several inboxes
      const std::string name = "fill" + std::to_string(i);
      for (int n = 0; n < 2; ++n) CHECK(!town.send("198.51.100.7", {name, "all"}, 100).empty());
    }
    full_again();
    town.world.clock.advance(town.world.options.inbox.max_age);  // expiry
    CHECK(purge_all(*town.store) != SIZE_MAX);
    CHECK(town.store->stats()->messages == 0);
    full_again();
  }
}
