/// mark_scenes.h: what every store promises of what filters said: kept whole, and hidden from who does not ask.
#pragma once

#include "store/packed_body.h"
#include "store/stage.h"

namespace maildrop::store::test {

inline std::string put_marked(Stage& s, Mark mark, const std::vector<std::string>& names = {"bob"}) {
  Delivery d = delivery(s.now(), names);
  d.summary.mark = mark;
  const auto id = put_one(s.store, d);
  REQUIRE(id);
  return id->text();
}

inline Ids listed(Stage& s, const Query& query) {
  const auto list = s.store.list(inbox("bob"), query);
  REQUIRE(list);
  Ids ids;
  for (const Summary& each : *list) ids.push_back(each.id.text());
  return ids;
}

inline const Scene kMarkScenes[] = {
    {"after each change a store that has change marks has another one, and the same one until then",
     [](Stage& s) {
       s.put({"bob"});
       s.ids("bob");
       auto before = s.store.change_mark();
       if (!before) return;
       const auto changed = [&] {
         const auto now = s.store.change_mark();
         const bool is_another = now && *now != *before;
         before = now;
         REQUIRE(before);
         return is_another;
       };
       const std::string id = s.put({"eve"});
       CHECK(changed());
       s.ids("bob");
       s.ids("eve");
       REQUIRE(s.store.get(inbox("eve"), MessageId::trusted(id)));
       REQUIRE(s.store.stats());
       CHECK_FALSE(changed());
       CHECK(s.remove("eve", id));
       CHECK(changed());
       const auto removed = s.store.remove_all(spots_of(walk(s.store)));
       REQUIRE(removed);
       CHECK(*removed == 1);
       CHECK(changed());
       s.put({"bob"});
       CHECK(changed());
       s.world.clock.advance(s.caps().max_age);
       const auto purged = s.store.purge({});
       REQUIRE(purged);
       REQUIRE(purged->removed == 1);
       CHECK(changed());
     }},
    {"what filters said of a message comes back with it, in each of its inboxes",
     [](Stage& s) {
       for (const Mark mark : {Mark::none, Mark::tag, Mark::quarantine}) {
         for (const bool packed : {false, true}) {
           Delivery d = delivery(s.now(), {"bob", "eve"});
           d.summary.mark = mark;
           d.summary.score = -1.1f;
           d.verdicts = std::string("dnsbl \0\xff\n", 9);
           d.transcript = "S: 220 mx\n";
           const Delivery whole = d;
           if (packed) pack_body(d, 3);
           REQUIRE(put_one(s.store, d));
           for (const char* name : {"bob", "eve"}) {
             const auto got = s.store.get(inbox(name), d.summary.id);
             REQUIRE(got);
             CHECK(got->data == whole.data);
             CHECK(got->transcript == whole.transcript);
             CHECK(got->verdicts == whole.verdicts);
             const auto list = s.store.list(inbox(name), {.limit = 1, .quarantined = Quarantined::shown});
             REQUIRE(list);
             for (const Summary& seen : {got->summary, list->at(0)}) {
               CHECK(seen.mark == mark);
               CHECK(seen.score == -1.1f);
             }
           }
         }
       }
       const std::string silent = s.put({"bob"});
       const auto got = s.store.get(inbox("bob"), MessageId::trusted(silent));
       REQUIRE(got);
       CHECK(got->verdicts.empty());
       CHECK(got->summary.mark == Mark::none);
       CHECK_FALSE(got->summary.score);
     }},
    {"of verdicts that are too long the mail is kept",
     [](Stage& s) {
       for (const std::size_t size : {kMostVerdicts, kMostVerdicts + 1}) {
         Delivery d = delivery(s.now(), {"bob"});
         d.verdicts.assign(size, 'v');
         d.transcript = "S: 220 mx\n";
         REQUIRE(put_one(s.store, d));
         const auto got = s.store.get(inbox("bob"), d.summary.id);
         REQUIRE(got);
         CHECK(got->data == d.data);
         CHECK(got->transcript == d.transcript);
         CHECK(got->verdicts.size() == (size > kMostVerdicts ? 0 : size));
       }
     }},
    {"what is quarantined is listed for who asks, and windows count what is shown",
     [](Stage& s) {
       const std::string a = put_marked(s, Mark::none), b = put_marked(s, Mark::quarantine),
                         c = put_marked(s, Mark::tag), d = put_marked(s, Mark::quarantine),
                         e = put_marked(s, Mark::none), f = put_marked(s, Mark::quarantine);
       CHECK(listed(s, {}) == Ids{e, c, a});
       CHECK(listed(s, {1, 0}) == Ids{e});
       CHECK(listed(s, {2, 1}) == Ids{c, a});
       CHECK(listed(s, {5, 2}) == Ids{a});
       CHECK(listed(s, {1, 3}).empty());
       CHECK(listed(s, {0, 0}).empty());
       CHECK(listed(s, {SIZE_MAX, SIZE_MAX}).empty());
       CHECK(listed(s, {SIZE_MAX, 0, Quarantined::shown}) == Ids{f, e, d, c, b, a});
       CHECK(listed(s, {2, 3, Quarantined::shown}) == Ids{c, b});
       CHECK(listed(s, {SIZE_MAX, 0, Quarantined::only}) == Ids{f, d, b});
       CHECK(listed(s, {1, 1, Quarantined::only}) == Ids{d});
       CHECK(listed(s, {9, 2, Quarantined::only}) == Ids{b});
       CHECK(listed(s, {0, 0, Quarantined::only}).empty());
     }},
    {"to all but lists what is quarantined is mail like other mail",
     [](Stage& s) {
       Ids all;
       for (int i = 0; i < 12; ++i) all.insert(all.begin(), put_marked(s, i % 4 == 0 ? Mark::none : Mark::quarantine));
       all.resize(10);  // inbox.max_messages
       CHECK(listed(s, {SIZE_MAX, 0, Quarantined::shown}) == all);
       CHECK(listed(s, {}) == Ids{all[3], all[7]});
       CHECK(s.store.stats()->messages == 10);
       const std::string hidden = all.front();
       CHECK(s.store.get(inbox("bob"), MessageId::trusted(hidden)));
       CHECK(walk(s.store).size() == 10);
       CHECK(s.remove("bob", hidden));
       CHECK(listed(s, {SIZE_MAX, 0, Quarantined::shown}) == Ids(all.begin() + 1, all.end()));
       s.world.clock.advance(s.caps().max_age);
       CHECK(listed(s, {SIZE_MAX, 0, Quarantined::shown}).empty());
       CHECK(purge_all(s.store) == 9);
     }},
};

}  // namespace maildrop::store::test
