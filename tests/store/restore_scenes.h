/// restore_scenes.h: what every store promises of mail that came before it is put (Delivery::arrived).
#pragma once

#include "store/stage.h"

namespace maildrop::store::test {

inline std::string put_back(Stage& s, const std::vector<std::string>& names, std::chrono::milliseconds age) {
  Delivery d = delivery(s.now() - age, names);
  d.arrived = s.now() - age;
  REQUIRE(put_one(s.store, d));
  return d.summary.id.text();
}

inline const Scene kRestoreScenes[] = {
    {"mail out of a backup keeps the age it had",
     [](Stage& s) {
       const std::string older = put_back(s, {"bob"}, s.caps().max_age - 30min);
       const std::string newer = put_back(s, {"bob", "eve"}, s.caps().max_age - 1h);
       CHECK(s.ids("bob") == Ids{newer, older});
       s.world.clock.advance(1h - 1ms);
       CHECK(purge_all(s.store) == 0);
       CHECK(s.ids("bob") == Ids{newer, older});
       s.world.clock.advance(1ms);
       CHECK(s.ids("bob").empty());
       CHECK(s.ids("eve").empty());
       purge_all(s.store);
       CHECK(s.store.stats()->messages == 0);
     }},
    {"mail out of a backup does not age an inbox that has newer mail",
     [](Stage& s) {
       const std::string newer = s.put({"bob"});
       const std::string older = put_back(s, {"bob", "eve"}, s.caps().max_age - 1h);
       CHECK(s.ids("bob") == Ids{older, newer});
       s.world.clock.advance(1h);
       purge_all(s.store);
       CHECK(s.ids("eve").empty());
       CHECK(s.ids("bob") == Ids{older, newer});
       s.world.clock.advance(s.caps().max_age - 1h);
       CHECK(s.ids("bob").empty());
       purge_all(s.store);
       CHECK(s.store.stats()->messages == 0);
     }},
    {"mail behind mail out of a backup makes its inbox young again",
     [](Stage& s) {
       const std::string older = put_back(s, {"bob"}, s.caps().max_age - 1h);
       const std::string newer = s.put({"bob"});
       s.world.clock.advance(2h);
       purge_all(s.store);
       CHECK(s.ids("bob") == Ids{newer, older});
     }},
    {"mail out of a backup that has expired is not shown, and purge removes it",
     [](Stage& s) {
       const std::string other = put_back(s, {"eve"}, 1min);
       put_back(s, {"bob"}, s.caps().max_age + 2h);
       put_back(s, {"bob"}, s.caps().max_age);
       CHECK(s.ids("bob").empty());
       purge_all(s.store);
       CHECK(s.store.stats()->messages == 1);
       CHECK(s.ids("eve") == Ids{other});
     }},
    {"mail out of a backup of a clock that was ahead counts as of now",
     [](Stage& s) {
       const std::string id = put_back(s, {"bob"}, -10h);
       CHECK(s.ids("bob") == Ids{id});
       s.world.clock.advance(s.caps().max_age);
       CHECK(s.ids("bob").empty());
     }},
};

}  // namespace maildrop::store::test
