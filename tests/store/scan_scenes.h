/// scan_scenes.h: what every store promises an operator: walks through all of it, and the removal of many.
#pragma once

#include "store/stage.h"

namespace maildrop::store::test {

inline const Scene kScanScenes[] = {
    {"a walk sees each message once, with what list() shows of it",
     [](Stage& s) {
       CHECK(walk(s.store).empty());
       Ids want;
       for (int i = 0; i < 40; ++i) {
         const std::string name = "box" + std::to_string(i / 2);
         want.push_back(name + " " + s.put({name}));
       }
       const std::string shared = s.put({"alice", "bob"});
       want.insert(want.end(), {"alice " + shared, "bob " + shared});
       std::sort(want.begin(), want.end());
       for (const std::size_t page : {1u, 7u, 1000u}) {
         const auto found = walk(s.store, {}, page);
         CHECK(sorted(found) == want);
         for (const Found& each : found) {
           const auto list = s.store.list(each.spot.inbox, {});
           REQUIRE(list);
           const auto same = [&](const Summary& one) { return one.id == each.spot.id; };
           const auto at = std::find_if(list->begin(), list->end(), same);
           REQUIRE(at != list->end());
           CHECK(each.summary.to == at->to);
           CHECK(each.summary.subject == at->subject);
           CHECK(each.summary.peer == at->peer);
           CHECK(each.summary.received == at->received);
           CHECK(each.summary.size == at->size);
           CHECK(!each.over_quota);
           CHECK(each.inbox_received == s.now());
         }
       }
     }},
    {"a walk through some inboxes sees no others",
     [](Stage& s) {
       const std::string a = s.put({"a"}), b = s.put({"b"}), c = s.put({"c"});
       CHECK(sorted(walk(s.store, {{"a", "nobody", "c"}, 0, true})) == Ids{"a " + a, "c " + c});
       CHECK(walk(s.store, {{}, 0, true}).empty());
     }},
    {"what comes and goes during a walk does not hide the rest",
     [](Stage& s) {
       Ids stays;
       for (int i = 0; i < 30; ++i) {
         const std::string name = "stays" + std::to_string(i);
         stays.push_back(name + " " + s.put({name}));
         s.put({"goes" + std::to_string(i)});
       }
       std::sort(stays.begin(), stays.end());
       std::vector<Found> seen;
       ScanCursor cursor;
       for (int i = 0; !cursor.done(); ++i) {
         auto page = s.store.scan(cursor, 4);
         REQUIRE(page);
         std::vector<Spot> gone;
         for (Found& each : *page) {
           if (each.spot.inbox.name().starts_with("goes")) gone.push_back(each.spot);
           if (each.spot.inbox.name().starts_with("stays")) seen.push_back(std::move(each));
         }
         REQUIRE(s.store.remove_all(gone));
         if (i < 30) s.put({"new" + std::to_string(i), "goes" + std::to_string(i)});
         if (i < 30) CHECK(s.remove("new" + std::to_string(i), s.ids("new" + std::to_string(i)).front()));
       }
       Ids found = sorted(seen);
       if (s.world.options.url.starts_with("redis")) found.erase(std::unique(found.begin(), found.end()), found.end());
       CHECK(found == stays);
     }},
    {"an inbox that goes and comes back during a walk is seen once at most",
     [](Stage& s) {
       Ids old;
       for (int i = 0; i < 5; ++i) old.push_back(s.put({"box" + std::to_string(i)}));
       ScanCursor cursor;
       auto seen = s.store.scan(cursor, 1);
       REQUIRE(seen);
       std::vector<Found> all = std::move(*seen);
       for (int i = 0; i < 5; ++i) {
         s.remove("box" + std::to_string(i), old[static_cast<std::size_t>(i)]);
         s.put({"box" + std::to_string(i)});
       }
       for (Found& each : walk(s.store, cursor)) all.push_back(std::move(each));
       const Ids found = sorted(all);
       if (s.world.options.url.starts_with("redis")) return;
       CHECK(std::adjacent_find(found.begin(), found.end()) == found.end());
     }},
    {"what has come in the place of one that was seen is not taken for it",
     [](Stage& s) {
       const std::string first = s.put({"bob"});
       s.put({"bob"});
       const std::vector<Spot> seen = spots_of(walk(s.store));
       for (const Spot& each : seen) {
         if (each.id.text() != first) CHECK(s.remove("bob", each.id.text()));
       }
       const std::string later = s.put({"bob"});
       CHECK(s.store.remove_all(seen) == 1u);
       CHECK(s.ids("bob") == Ids{later});
     }},
    {"a walk sees what no list shows any more, and tells it from the rest",
     [](Stage& s) {
       Ids all;
       for (int i = 0; i < 9; ++i) all.insert(all.begin(), s.put({"bob"}));
       InboxSettings caps = s.caps();
       caps.max_messages = 3;
       s.store.apply(caps);
       const auto over = [&] {
         std::size_t count = 0;
         for (const Found& each : walk(s.store)) count += each.over_quota;
         return count;
       };
       CHECK(walk(s.store).size() == 9);
       CHECK(over() == 6);
       caps.max_messages = 20;
       caps.max_size = 450;  // of 100 bytes each
       s.store.apply(caps);
       CHECK(over() == 5);
       caps.max_size = 50;
       s.store.apply(caps);
       CHECK(over() == 8);  // the newest stays, whatever its size
       caps.max_size = 0;
       s.store.apply(caps);
       CHECK(over() == 0);
       s.world.clock.advance(caps.max_age);
       CHECK(s.ids("bob").empty());
       CHECK(over() == 9);
       CHECK(s.store.remove_all(spots_of(walk(s.store))) == 9u);
       CHECK(s.store.stats()->messages == 0);
       CHECK(s.store.stats()->inboxes == 0);
     }},
    {"many are removed at once: those and no others, and only once",
     [](Stage& s) {
       const std::string kept = s.put({"bob"}), other = s.put({"eve"});
       for (int i = 0; i < 6; ++i) s.put({"bob", "box" + std::to_string(i)}, 2000);
       std::vector<Spot> chosen;
       for (Found& each : walk(s.store)) {
         if (each.summary.size == 2000) chosen.push_back(std::move(each.spot));
       }
       REQUIRE(chosen.size() == 12);
       const std::string later = s.put({"bob"});
       CHECK(s.store.remove_all(chosen) == 12u);
       CHECK(s.ids("bob") == Ids{later, kept});
       CHECK(s.ids("eve") == Ids{other});
       CHECK(s.store.stats()->messages == 3);
       CHECK(s.store.stats()->inboxes == 2);
       CHECK(s.store.remove_all(chosen) == 0u);
       CHECK(s.store.remove_all({}) == 0u);
       CHECK(s.store.stats()->messages == 3);
       CHECK(s.store.scrub());
       CHECK(s.ids("bob") == Ids{later, kept});
     }},
    {"a body that several inboxes share stays for those that keep it",
     [](Stage& s) {
       const std::string id = s.put({"a", "b", "c"}, 3000);
       const auto found = walk(s.store);
       REQUIRE(found.size() == 3);
       std::vector<Spot> chosen;
       for (const Found& each : found) {
         if (each.spot.inbox.name() != "b") chosen.push_back(each.spot);
       }
       CHECK(s.store.remove_all(chosen) == 2u);
       CHECK(s.store.get(inbox("b"), MessageId::trusted(id)));
       CHECK(s.remove("b", id));
       CHECK(s.store.stats()->messages == 0);
       CHECK(s.store.stats()->inboxes == 0);
     }},
    {"what an inbox received counts, though many were removed",
     [](Stage& s) {
       const std::string a = s.put({"bob"});
       s.world.clock.advance(s.caps().max_age - 1ms);
       s.put({"bob"});
       std::vector<Spot> newest;
       for (Found& each : walk(s.store)) {
         if (each.spot.id.text() != a) newest.push_back(std::move(each.spot));
       }
       CHECK(s.store.remove_all(newest) == 1u);
       s.world.clock.advance(s.caps().max_age - 1ms);
       CHECK(s.ids("bob") == Ids{a});
       s.world.clock.advance(1ms);
       CHECK(s.ids("bob").empty());
     }},
    {"a full store takes mail again when enough was removed at once",
     [](Stage& s) {
       for (int i = 0; i < 100; ++i) {
         if (!put_one(s.store, delivery(s.now(), {"box" + std::to_string(i)}, 2u << 20))) break;
       }
       CHECK(!put_one(s.store, delivery(s.now(), {"late"}, 2u << 20)));
       for (const Found& each : walk(s.store)) CHECK(s.store.remove_all({&each.spot, 1}) == 1u);
       CHECK(s.store.stats()->messages == 0);
       for (int i = 0; i < 5; ++i) s.put({"late" + std::to_string(i)}, 2u << 20);
     }},
};

}  // namespace maildrop::store::test
