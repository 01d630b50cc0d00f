/// inbox_watch_test.cc: who is woken, by what, and who is not.
#include "api/inbox_watch.h"

#include <catch2/catch.hpp>

#include "api/scripted_feed.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;
using namespace std::chrono_literals;

namespace {

const mail::Inbox kBob = mail::Inbox::trusted("bob"), kEve = mail::Inbox::trusted("eve");

/// How often somebody was woken.
struct Woken {
  Script& script;
  int times = 0;
  Wake wake() {
    return [this] { script.counted(times, 1); };
  }
  bool reaches(int count) {
    return script.reaches([&] { return times >= count; });
  }
};

}  // namespace

TEST_CASE("who watches is woken when the feed is there, and by news of his inbox") {
  Script script;
  InboxWatch watch(opening(script));
  Woken bob{script}, eve{script};
  const InboxWatch::Watcher of_bob(watch, kBob, bob.wake());
  CHECK(bob.reaches(1));
  const InboxWatch::Watcher of_eve(watch, kEve, eve.wake());
  script.say("eve");
  CHECK(eve.reaches(1));
  script.say("bob");
  CHECK(bob.reaches(2));
  script.say("*");
  CHECK(bob.reaches(3));
  CHECK(eve.reaches(2));
  const std::lock_guard lock(script.mutex);
  CHECK(bob.times == 3);
  CHECK(eve.times == 2);
  CHECK(script.opened == 1);
}

TEST_CASE("two who watch one inbox are both woken; one who has gone is not") {
  Script script;
  InboxWatch watch(opening(script));
  Woken first{script}, second{script};
  auto gone = std::make_unique<InboxWatch::Watcher>(watch, kBob, first.wake());
  const InboxWatch::Watcher stays(watch, kBob, second.wake());
  CHECK(watch.watchers() == 2);
  script.say("bob");
  script.say("*");
  CHECK(first.reaches(2));
  CHECK(second.reaches(2));
  gone.reset();
  CHECK(watch.watchers() == 1);
  const int until_now = first.times;
  script.say("*");
  CHECK(second.reaches(3));
  const std::lock_guard lock(script.mutex);
  CHECK(first.times == until_now);
}

TEST_CASE("nobody watches: no feed is held, and the next one gets one") {
  Script script;
  InboxWatch watch(opening(script));
  for (int i = 1; i <= 2; ++i) {
    Woken bob{script};
    {
      const InboxWatch::Watcher of_bob(watch, kBob, bob.wake());
      CHECK(bob.reaches(1));
    }
    CHECK(script.reaches([&] { return script.open == 0; }));
    CHECK(script.opened == i);
  }
}

TEST_CASE("a feed for which there is no memory is opened again, and so is one that has none for its news") {
  Script script;
  int opened = 0;
  const auto open = [&]() -> Result<std::unique_ptr<store::Feed>> {
    if (++opened == 1) throw std::bad_alloc();
    if (opened > 2) return std::make_unique<ScriptedFeed>(script);
    struct Starved final : store::Feed {
      Result<bool> wait(std::chrono::milliseconds) override { throw std::bad_alloc(); }
    };
    return std::make_unique<Starved>();
  };
  InboxWatch watch(open);
  Woken bob{script};
  const InboxWatch::Watcher of_bob(watch, kBob, bob.wake());
  CHECK(bob.reaches(2));  // by the second and the third
  CHECK(opened == 3);
}

TEST_CASE("after a feed that failed all look again") {
  Script script;
  script.refuses = true;
  InboxWatch watch(opening(script));
  Woken bob{script};
  const InboxWatch::Watcher of_bob(watch, kBob, bob.wake());
  CHECK(bob.reaches(1));
  script.say(fail(Code::unavailable, "gone"));
  CHECK(bob.reaches(2));
  CHECK(script.opened == 2);
}
