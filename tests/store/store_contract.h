/// store_contract.h: what every store promises (store/store.h), as scenes to be played on each of them: as it is, and
/// with the Nth call failing, for every N, under a caller that tries again.
#pragma once

#include <catch2/catch.hpp>

#include "store/compression.h"
#include "store/flaky_store.h"
#include "store/kit.h"
#include "store/mark_scenes.h"
#include "store/model_scenes.h"
#include "store/packed_body.h"
#include "store/restore_scenes.h"
#include "store/scan_scenes.h"
#include "store/stage.h"

namespace maildrop::store::test {

inline const Scene kScenes[] = {
    {"an unknown inbox is empty and holds nothing",
     [](Stage& s) {
       CHECK(s.ids("nobody").empty());
       const MessageId id = MessageId::make(s.now());
       const auto got = s.store.get(inbox("nobody"), id);
       REQUIRE(!got);
       CHECK(got.error().code == Code::not_found);
       CHECK(!s.remove("nobody", id.text()));
       CHECK(s.store.stats()->inboxes == 0);
     }},
    {"what was said for a message comes back with it, in each of its inboxes",
     [](Stage& s) {
       Delivery said = delivery(s.now(), {"bob", "eve"});
       said.transcript = "S: 220 mx\nC: EHLO \xff\n";
       const Delivery silent = delivery(s.now(), {"bob"});
       REQUIRE(put_one(s.store, said));
       REQUIRE(put_one(s.store, silent));
       for (const char* name : {"bob", "eve"}) {
         const auto got = s.store.get(inbox(name), said.summary.id);
         REQUIRE(got);
         CHECK(got->transcript == said.transcript);
         CHECK(got->data == said.data);
       }
       CHECK(s.store.get(inbox("bob"), silent.summary.id)->transcript.empty());
     }},
    {"a message comes back byte for byte, with its summary",
     [](Stage& s) {
       Delivery d = delivery(s.now(), {"bob"});
       d.data = std::string("a\0b\r\n\xff\xfe.\r\n", 11);
       d.summary.from = "";
       d.summary.subject = "s\xc3\xbc\r\n\x1b[31m";
       d.summary.size = d.data.size();
       REQUIRE(put_one(s.store, d));
       const auto got = s.store.get(inbox("bob"), d.summary.id);
       REQUIRE(got);
       CHECK(got->data == d.data);
       const auto list = s.store.list(inbox("bob"), {});
       REQUIRE(list);
       REQUIRE(list->size() == 1);
       for (const Summary& seen : {got->summary, list->front()}) {
         CHECK(seen.id == d.summary.id);
         CHECK(seen.from == "");
         CHECK(seen.to == "bob@example.test");
         CHECK(seen.header_from == d.summary.header_from);
         CHECK(seen.subject == d.summary.subject);
         CHECK(seen.helo == d.summary.helo);
         CHECK(seen.peer == d.summary.peer);
         CHECK(seen.tls == d.summary.tls);
         CHECK(seen.received == d.summary.received);
         CHECK(seen.date == d.summary.date);
         CHECK(seen.size == d.data.size());
       }
     }},
    {"what is long and what is kept compressed comes back byte for byte",
     [](Stage& s) {
       for (const std::size_t size : {300u, 5'000u, 600'000u}) {
         Delivery d = delivery(s.now(), {"bob", "eve"}, 300);
         d.data.resize(size, 'x');
         d.summary.size = size;
         d.transcript = "S: 220 mx\nC: EHLO client.example.org\n";
         const std::string data = d.data, transcript = d.transcript;
         if (size == 5'000) pack_body(d, kFastCompression);
         REQUIRE(put_one(s.store, d));
         for (const char* name : {"bob", "eve"}) {
           const auto got = s.store.get(inbox(name), d.summary.id);
           REQUIRE(got);
           CHECK(got->data == data);
           CHECK(got->transcript == transcript);
         }
       }
     }},
    {"no date, no data, and times before 1970 are kept too",
     [](Stage& s) {
       Delivery d = delivery(s.now(), {"bob"});
       d.data.clear();
       d.summary.size = 0;
       d.summary.date.reset();
       REQUIRE(put_one(s.store, d));
       CHECK(s.store.get(inbox("bob"), d.summary.id)->data.empty());
       CHECK(!s.store.list(inbox("bob"), {})->front().date);
       Delivery old = delivery(s.now(), {"bob"});
       old.summary.date = from_millis(-1);
       REQUIRE(put_one(s.store, old));
       CHECK(s.store.list(inbox("bob"), {})->front().date == from_millis(-1));
     }},
    {"lists are newest first, and in windows",
     [](Stage& s) {
       const std::string a = s.put({"bob"}), b = s.put({"bob"}), c = s.put({"bob"});
       CHECK(s.ids("bob") == Ids{c, b, a});
       const auto window = s.store.list(inbox("bob"), {1, 1});
       REQUIRE(window);
       REQUIRE(window->size() == 1);
       CHECK(window->front().id.text() == b);
       CHECK(s.store.list(inbox("bob"), {5, 3})->empty());
       CHECK(s.store.list(inbox("bob"), {0, 0})->empty());
       CHECK(s.store.list(inbox("bob"), {SIZE_MAX, SIZE_MAX})->empty());
     }},
    {"the oldest goes when the cap is reached, in the same commit",
     [](Stage& s) {
       Ids all;
       for (int i = 0; i < 13; ++i) {
         all.insert(all.begin(), s.put({"bob"}));
         CHECK(s.ids("bob").size() == std::min<std::size_t>(all.size(), 10));
       }
       CHECK(s.ids("bob") == Ids(all.begin(), all.begin() + 10));
       CHECK(s.store.get(inbox("bob"), MessageId::trusted(all.back())).error().code == Code::not_found);
       CHECK(s.store.stats()->messages == 10);
     }},
    {"a batch is stored whole, each for its inboxes, within the caps",
     [](Stage& s) {
       std::vector<Delivery> batch;
       for (int i = 0; i < 25; ++i) batch.push_back(delivery(s.now(), {i % 5 == 0 ? "alice" : "bob"}));
       const auto results = s.store.put(batch);
       REQUIRE(results.size() == batch.size());
       Ids alice, bob;
       for (std::size_t i = 0; i < batch.size(); ++i) {
         REQUIRE(results[i]);
         CHECK(*results[i] == batch[i].summary.id);
         Ids& ids = i % 5 == 0 ? alice : bob;
         ids.insert(ids.begin(), batch[i].summary.id.text());
       }
       bob.resize(10);
       CHECK(s.ids("alice") == alice);
       CHECK(s.ids("bob") == bob);
       CHECK(s.store.put({}).empty());
     }},
    {"one delivery for many inboxes is in each, and goes from each alone",
     [](Stage& s) {
       const std::string id = s.put({"a", "b", "c"});
       for (const char* name : {"a", "b", "c"}) {
         CHECK(s.ids(name) == Ids{id});
         CHECK(s.store.list(inbox(name), {})->front().to == std::string(name) + "@example.test");
       }
       CHECK(s.store.stats()->messages == 3);
       CHECK(s.remove("b", id));
       CHECK(s.ids("a") == Ids{id});
       CHECK(s.ids("b").empty());
       CHECK(s.remove("a", id));
       CHECK(s.store.get(inbox("c"), MessageId::trusted(id)));
       CHECK(s.remove("c", id));
       CHECK(s.store.stats()->messages == 0);
     }},
    {"a delivery that an inbox holds changes nothing and succeeds",
     [](Stage& s) {
       const Delivery twice = delivery(s.now(), {"bob"});
       REQUIRE(put_one(s.store, twice));
       const std::string later = s.put({"bob"});
       REQUIRE(put_one(s.store, twice));
       CHECK(s.ids("bob") == Ids{later, twice.summary.id.text()});
       Delivery wider = twice;  // held by one of its inboxes
       wider.targets.push_back({inbox("carol"), "carol@example.test"});
       const std::vector<Delivery> batch{wider, wider};
       for (const auto& result : s.store.put(batch)) CHECK(result);
       CHECK(s.ids("bob") == Ids{later, twice.summary.id.text()});
       CHECK(s.ids("carol") == Ids{twice.summary.id.text()});
     }},
    {"remove takes exactly that one, from that inbox, once",
     [](Stage& s) {
       const std::string a = s.put({"bob"}), b = s.put({"bob"}), c = s.put({"carol"});
       CHECK(!s.remove("bob", c));
       CHECK(!s.remove("bob", MessageId::make(s.now()).text()));
       CHECK(s.remove("bob", a));
       CHECK(!s.remove("bob", a));
       CHECK(s.ids("bob") == Ids{b});
       CHECK(s.ids("carol") == Ids{c});
       CHECK(s.remove("bob", b));
       const std::string d = s.put({"bob"});
       CHECK(s.ids("bob") == Ids{d});
     }},
    {"an inbox expires when it has not received for so long, all of it at once",
     [](Stage& s) {
       const std::string a = s.put({"bob"});
       s.world.clock.advance(s.caps().max_age - 1ms);
       const std::string b = s.put({"bob"});  // keeps the older one, too
       CHECK(s.ids("bob") == Ids{b, a});
       s.world.clock.advance(s.caps().max_age - 1ms);
       CHECK(s.ids("bob").size() == 2);
       s.world.clock.advance(1ms);
       CHECK(s.ids("bob").empty());
       CHECK(!s.store.get(inbox("bob"), MessageId::trusted(b)));
       CHECK(!s.remove("bob", b));
       CHECK(purge_all(s.store) == 2);
       CHECK(s.store.stats()->inboxes == 0);
       CHECK(s.store.stats()->messages == 0);
     }},
    {"a clock that is ahead for a while removes nothing, and keeps nothing from expiring",
     [](Stage& s) {
       const std::string a = s.put({"bob"});
       s.world.clock.jump(48h);
       CHECK(purge_all(s.store) == 0);
       const std::string b = s.put({"ahead"});
       s.world.clock.jump(-48h);
       CHECK(s.ids("bob") == Ids{a});
       CHECK(s.ids("ahead") == Ids{b});
       CHECK(purge_all(s.store) == 0);
       s.world.clock.advance(s.caps().max_age);
       CHECK(s.ids("bob").empty());
       CHECK(purge_all(s.store) >= 1);
     }},
    {"what an inbox received counts, not what it still has",
     [](Stage& s) {
       const std::string a = s.put({"bob"});
       s.world.clock.advance(s.caps().max_age - 1ms);
       CHECK(s.remove("bob", s.put({"bob"})));
       s.world.clock.advance(s.caps().max_age - 1ms);
       CHECK(s.ids("bob") == Ids{a});
       CHECK(purge_all(s.store) == 0);
       CHECK(s.ids("bob") == Ids{a});
       s.world.clock.advance(1ms);
       CHECK(s.ids("bob").empty());
     }},
    {"an expired inbox that receives again shows only what is new",
     [](Stage& s) {
       const std::string a = s.put({"bob"});
       s.put({"bob"});
       s.world.clock.advance(s.caps().max_age);
       const std::string c = s.put({"bob"});
       CHECK(s.ids("bob") == Ids{c});
       CHECK(!s.store.get(inbox("bob"), MessageId::trusted(a)));
       purge_all(s.store);
       CHECK(s.ids("bob") == Ids{c});
       CHECK(s.store.stats()->messages == 1);
     }},
    {"purge takes bounded steps and only what has expired",
     [](Stage& s) {
       for (const char* name : {"a", "b", "c"}) {
         for (int i = 0; i < 4; ++i) s.put({name});
       }
       s.world.clock.advance(s.caps().max_age / 2);
       const std::string kept = s.put({"c"});
       s.world.clock.advance(s.caps().max_age / 2);
       const auto first = s.store.purge({3});
       REQUIRE(first);
       CHECK(first->removed == 3);
       CHECK(first->more);
       CHECK(purge_all(s.store) == 5);
       CHECK(s.ids("c").size() == 5);
       CHECK(s.ids("c").front() == kept);
       CHECK(!s.store.purge({})->more);
     }},
    {"new caps hold at once",
     [](Stage& s) {
       Ids all;
       for (int i = 0; i < 9; ++i) all.insert(all.begin(), s.put({"bob"}));
       InboxSettings caps = s.caps();
       caps.max_messages = 3;
       s.store.apply(caps);
       CHECK(s.ids("bob") == Ids(all.begin(), all.begin() + 3));
       CHECK(!s.store.get(inbox("bob"), MessageId::trusted(all[3])));
       CHECK(!s.remove("bob", all[3]));
       all.insert(all.begin(), s.put({"bob"}));
       CHECK(s.ids("bob") == Ids(all.begin(), all.begin() + 3));
       caps.max_messages = 20;
       s.store.apply(caps);
       all.insert(all.begin(), s.put({"bob"}));
       CHECK(s.ids("bob") == Ids(all.begin(), all.begin() + 4));  // what had gone stays gone
       caps.max_age = 1ms;
       s.store.apply(caps);
       s.world.clock.advance(1ms);
       CHECK(s.ids("bob").empty());
     }},
    {"a large inbox shrinks and expires without a sign of the old",
     [](Stage& s) {
       InboxSettings caps = s.caps();
       caps.max_messages = 300;
       s.store.apply(caps);
       std::vector<Delivery> batch;
       for (int i = 0; i < 300; ++i) batch.push_back(delivery(s.now(), {"bob"}));
       for (const auto& result : s.store.put(batch)) REQUIRE(result);
       caps.max_messages = 5;
       s.store.apply(caps);
       const std::string last = s.put({"bob"});
       CHECK(s.ids("bob").size() == 5);
       CHECK(s.ids("bob").front() == last);
       caps.max_messages = 300;
       s.store.apply(caps);
       CHECK(s.ids("bob").size() == 5);
       purge_all(s.store);
       CHECK(s.ids("bob").size() == 5);
       CHECK(s.store.stats()->messages == 5);
     }},
    {"a full store says so, and takes mail again when there is room",
     [](Stage& s) {
       const std::string first = s.put({"bob"});
       Code code = Code::internal;
       for (int i = 0; i < 100; ++i) {
         const auto id = put_one(s.store, delivery(s.now(), {"box" + std::to_string(i)}, 2u << 20));
         if (id) continue;
         code = id.error().code;
         break;
       }
       CHECK(code == Code::over_limit);
       CHECK(s.ids("bob") == Ids{first});
       s.world.clock.advance(s.caps().max_age);
       CHECK(purge_all(s.store) > 0);
       s.put({"bob"}, 2u << 20);
       CHECK(s.store.ready());
     }},
};

inline std::vector<Scene> all_scenes() {
  std::vector<Scene> all(std::begin(kScenes), std::end(kScenes));
  all.insert(all.end(), std::begin(kMarkScenes), std::end(kMarkScenes));
  all.insert(all.end(), std::begin(kScanScenes), std::end(kScanScenes));
  all.insert(all.end(), std::begin(kRestoreScenes), std::end(kRestoreScenes));
  all.insert(all.end(), std::begin(kModelScenes), std::end(kModelScenes));
  return all;
}

/// All scenes on a fresh store of that scheme each.
inline void play_all(const std::string& scheme) {
  for (const Scene& scene : all_scenes()) {
    DYNAMIC_SECTION(scene.name) {
      World world(scheme);
      auto store = world.open();
      REQUIRE(store);
      Stage stage{world, **store};
      scene.play(stage);
    }
  }
}

/// All scenes with the Nth call failing, for each of the first that a scene comes to, and then for more and more seldom
/// ones: of hundreds of calls most are alike, and a store is made for each.
inline void play_all_flaky(const std::string& scheme) {
  using When = FlakyStore::When;
  for (const Scene& scene : all_scenes()) {
    if (std::string_view(scene.name).starts_with("a full store")) continue;  // megabytes, and nothing of its own here
    for (const When when : {When::before, When::after}) {
      DYNAMIC_SECTION(scene.name << (when == When::before ? ", call lost" : ", answer lost")) {
        bool failed = true;
        for (int n = 1; failed; n += 1 + n / 8) {
          INFO("the failing call is number " << n);
          World world(scheme);
          auto store = world.open();
          REQUIRE(store);
          FlakyStore flaky(**store, n, when);
          RetryingStore client(flaky);
          Stage stage{world, client};
          scene.play(stage);
          failed = flaky.has_failed();
        }
      }
    }
  }
}

}  // namespace maildrop::store::test
