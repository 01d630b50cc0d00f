/// backup_test.cc: out of each store into each; what comes and goes meanwhile, what is damaged.
#include "store/backup.h"

#include <catch2/catch.hpp>

#include "store/backup_kit.h"
#include "store/flaky_store.h"
#include "store/kit.h"
#include "store/purge_choice.h"
#include "store/redis_home.h"
#include "store/sqlite_connection.h"
#include "store/survey.h"

namespace maildrop::store {
namespace {

using namespace test;

TEST_CASE("backup: out of each store into each, with all that a reader sees") {
  for (const std::string from : {"memory", "sqlite", "redis"}) {
    const World there(from);
    const auto store = open(there);
    std::vector<std::string> names;
    for (int i = 0; i < 300; ++i) {
      names.push_back("box" + std::to_string(i));
      put(*store, there, {names.back()});
      if (i % 7 == 0) put(*store, there, {names.back(), "shared"}, 20'000);
      if (i % 5 != 0) continue;
      Delivery judged = delivery(there.clock.now(), {names.back()});
      judged.summary.mark = i % 2 == 0 ? Mark::tag : Mark::quarantine;
      judged.summary.score = 0.1f * static_cast<float>(i);
      judged.verdicts = "what each filter found, " + std::string("\0\xff", 2);
      REQUIRE(put_one(*store, judged));
    }
    names.emplace_back("shared");
    const std::string table(kModelPiece + 3, 't');
    REQUIRE(store->models().put("bayes", table));
    REQUIRE(store->models().put("other", ""));
    const std::string file = backup_of(*store, there.clock);
    for (const std::string to : {"memory", "sqlite", "redis"}) {
      const World here(to);
      const auto target = open(here);
      Restore restore(*target, here.clock, options_of(here));
      put_back(restore, file);
      INFO(from << " to " << to);
      CHECK(seen(*target, names) == seen(*store, names));
      CHECK(restore.restored().messages == store->stats()->messages);
      CHECK(restore.restored().inboxes == names.size());
      CHECK(passed_over(restore) == 0);
      CHECK(restore.models() == 2);
      CHECK(target->models().get("bayes").value()->bytes == table);
      CHECK(target->models().get("other").value()->bytes.empty());
    }
  }
}

TEST_CASE("backup: a model comes back unless the store has one that was put later") {
  World there("memory");
  const auto store = open(there);
  REQUIRE(store->models().put("a", "old"));
  const std::string file = backup_of(*store, there.clock);
  CHECK(store->models().get("a").value()->bytes == "old");
  there.clock.advance(1s);
  for (const bool newer : {false, true}) {
    World here("sqlite");
    if (!newer) here.clock.jump(-1h);
    const auto target = open(here);
    REQUIRE(target->models().put("a", "its own"));
    here.clock.advance(2h);
    for (int run = 0; run < 2; ++run) {
      Restore restore(*target, here.clock, options_of(here));
      put_back(restore, file);
      CHECK(target->models().get("a").value()->bytes == (newer ? "its own" : "old"));
      CHECK(restore.models() == (newer || run == 1 ? 0 : 1));
      CHECK(restore.models_kept() == (newer || run == 1 ? 1 : 0));
    }
  }
}

TEST_CASE("backup: of two that are put back the newer model stays, in whatever order they come") {
  World there("sqlite");
  const auto store = open(there);
  std::string files[2];
  for (std::string& file : files) {
    there.clock.advance(1s);
    REQUIRE(store->models().put("a", &file == files ? "old" : "new"));
    file = backup_of(*store, there.clock);
  }
  for (const int first : {0, 1}) {
    World here("sqlite");
    here.clock.advance(2h);  // later than both
    const auto target = open(here);
    for (const int which : {first, 1 - first}) {
      Restore restore(*target, here.clock, options_of(here));
      put_back(restore, files[which]);
      CHECK(restore.models() == (which == first || which == 1 ? 1 : 0));
    }
    CHECK(target->models().get("a").value()->bytes == "new");
    CHECK(target->models().version("a") == store->models().version("a").value());
  }
}

TEST_CASE("backup: a model that is damaged is told, and the rest is saved") {
  World there("sqlite");
  const auto store = open(there);
  REQUIRE(store->models().put("bad", "once upon a time"));
  REQUIRE(store->models().put("good", "table"));
  put(*store, there, {"bob"});
  {
    auto connection = sqlite::Connection::open(there.options.url.substr(7) + ".models", 1s);
    REQUIRE(connection);
    REQUIRE(connection->exec("UPDATE piece SET data=x'00' WHERE length(data)=16"));
  }
  std::string file;
  Backup backup(*store);
  REQUIRE(backup.run(into(file), {"1", there.clock.now()}, on) == true);
  CHECK(backup.damaged() == 1);
  REQUIRE(backup.damage().size() == 1);
  CHECK(backup.damage()[0].starts_with("model 'bad': models '"));
  CHECK(backup.models() == 1);
  const World here("memory");
  const auto target = open(here);
  Restore restore(*target, here.clock, options_of(here));
  put_back(restore, file);
  CHECK(target->models().get("good").value()->bytes == "table");
  CHECK(restore.restored().messages == 1);
}

TEST_CASE("backup: what was there before it began is in it, whatever comes, and what goes may be either") {
  for (const std::string scheme : {"memory", "sqlite", "redis"}) {
    World world(scheme);
    world.options.inbox.max_messages = 100;  // nothing is pushed out
    const auto store = open(world);
    std::vector<std::string> names{"goes", "ahead"};
    put(*store, world, {"ahead"});
    world.clock.jump(-2s);  // the clock was ahead then
    put(*store, world, {"goes"});
    for (int i = 0; i < 40; ++i) {
      names.push_back("box" + std::to_string(i));
      put(*store, world, {names.back()});
    }
    const auto before = seen(*store, names);
    const std::string file = backup_of(*store, world.clock, [&](const Tally&) {
      world.clock.advance(1s);
      for (int i = 0; i < 40; ++i) put(*store, world, {names[static_cast<std::size_t>(i) + 2]});
      for (const std::string& id : shown(*store, "goes")) store->remove(inbox("goes"), MessageId::trusted(id)).value();
      return true;
    });
    World other("memory");
    other.options.inbox.max_messages = 100;
    other.clock.advance(10min);
    const auto target = open(other);
    Restore restore(*target, other.clock, options_of(other));
    put_back(restore, file);
    INFO(scheme);
    auto after = seen(*target, names);
    for (const auto& [name, messages] : before) {
      if (name == "goes" && !after.contains(name)) continue;
      REQUIRE(after.contains(name));
      CHECK(after.at(name).back() == messages.back());
    }
  }
}

TEST_CASE("backup: mail lives as long as its inbox, however old it is itself") {
  for (const std::string from : {"memory", "sqlite", "redis"}) {
    World there(from);
    there.options.inbox.max_messages = 500;
    const auto store = open(there);
    for (int i = 0; i < 450; ++i) {  // more than a batch
      put(*store, there, {"bob"}, 100);
      there.clock.advance(1h);
    }
    put(*store, there, {"eve"}, 100);
    put(*store, there, {"eve"}, 100);
    store->remove(inbox("eve"), MessageId::trusted(shown(*store, "eve").front())).value();
    const std::string file = backup_of(*store, there.clock);
    for (const std::string to : {"memory", "sqlite", "redis"}) {
      World here(to);
      here.options.inbox = there.options.inbox;
      here.clock.advance(450h + there.options.inbox.max_age - 2h);
      const auto target = open(here);
      Restore restore(*target, here.clock, options_of(here));
      put_back(restore, file);
      INFO(from << " to " << to);
      CHECK(shown(*target, "bob") == shown(*store, "bob"));
      CHECK(shown(*target, "eve") == shown(*store, "eve"));
      CHECK(passed_over(restore) == 0);
      here.clock.advance(1h);
      CHECK(shown(*target, "bob").empty());
      CHECK(shown(*target, "eve").size() == 1);
    }
  }
}

/// Cannot read some messages.
class DamagedStore final : public FlakyStore {
 public:
  using FlakyStore::FlakyStore;
  Result<Message> get(const mail::Inbox& inbox, const MessageId& id) override {
    if (inbox.name().starts_with("bad"))
      return fail(Code::corrupt, "message '" + id.text() + "': what is stored is damaged");
    return FlakyStore::get(inbox, id);
  }
};

TEST_CASE("backup: what is damaged is left out and told, and the rest is there") {
  const World world("memory");
  const auto store = open(world);
  for (int i = 0; i < 30; ++i) put(*store, world, {"bad" + std::to_string(i)});
  const std::string good = put(*store, world, {"good"});
  DamagedStore damaged(*store, 1'000'000, FlakyStore::When::before);
  Backup backup(damaged);
  std::string file;
  REQUIRE(backup.run(into(file), {"1", world.clock.now()}, on) == true);
  CHECK(backup.saved().messages == 1);
  CHECK(backup.damaged() == 30);
  REQUIRE(backup.damage().size() == Backup::kMostNamed);
  CHECK(backup.damage().front().find("inbox 'bad") == 0);
  const World other("memory");
  const auto target = open(other);
  Restore restore(*target, other.clock, options_of(other));
  put_back(restore, file);
  CHECK(shown(*target, "good") == std::vector{good});
}

/// One message of bob's, `bad`, has a summary that nobody can read; `good` are the others, newest first.
void check_passes_over(Store& store, const Clock& clock, const std::string& bad, const std::vector<std::string>& good) {
  CHECK(shown(store, "bob") == good);
  CHECK(shown(store, "eve").size() == 1);
  CHECK(store.get(inbox("bob"), MessageId::trusted(bad)).error().code == Code::corrupt);
  Backup backup(store);
  std::string file;
  REQUIRE(backup.run(into(file), {"1", clock.now()}, on) == true);
  CHECK(backup.saved().messages == good.size() + 1);
  CHECK(backup.damaged() == 1);
  CHECK(backup.damage() == std::vector{"inbox 'bob': message '" + bad + "': its summary is damaged"});
  Survey survey(clock);
  while (!survey.done()) REQUIRE(survey.go_on(store));
  CHECK(survey.all().messages == good.size() + 2);
  // No pattern fits what cannot be read; who wants all of an inbox gone wants that, too.
  PurgeWish wish;
  wish.matches = {"subject=*"};
  const Choice fits = Choice::make(wish, clock.now()).value();
  ScanCursor cursor{{"bob"}, 0, true};
  const std::vector<Found> found = store.scan(cursor, 1000).value();
  CHECK(static_cast<std::size_t>(std::count_if(found.begin(), found.end(), fits)) == good.size());
  for (const Found& each : found) {
    CHECK(each.damaged == (each.spot.id.text() == bad));
    CHECK(each.summary.received <= clock.now());
    CHECK(store.remove_all({&each.spot, 1}) == 1u);
  }
  CHECK(store.stats()->messages == 1);
}

TEST_CASE("backup: a summary that is damaged hides no other message, and stops no walk") {
  SECTION("SQLite") {
    const World world("sqlite");
    const auto store = open(world);
    const std::string first = put(*store, world, {"bob"}), bad = put(*store, world, {"bob"});
    const std::string last = put(*store, world, {"bob"});
    put(*store, world, {"eve"});
    auto connection = sqlite::Connection::open(world.folder.path("mail.db"), 1s);
    REQUIRE(connection);
    REQUIRE(connection->exec("UPDATE message SET summary=x'63' WHERE id='" + bad + "'"));
    check_passes_over(*store, world.clock, bad, {last, first});
  }
  SECTION("Redis") {
    Home home;
    const auto store = home.open();
    std::vector<std::string> ids;
    for (const char* name : {"bob", "bob", "bob", "eve"})
      ids.push_back(put_one(*store, home.mail(name)).value().text());
    home.server.ask({"LSET", "maildrop:{bob}", "1", ids[1] + "c"});
    check_passes_over(*store, home.clock, ids[1], {ids[2], ids[0]});
  }
}

TEST_CASE("backup: what nobody can see any more is not in it") {
  World world("sqlite");
  world.options.inbox.max_messages = 5;
  const auto store = open(world);
  put(*store, world, {"old"});
  world.clock.advance(world.options.inbox.max_age);
  for (int i = 0; i < 5; ++i) put(*store, world, {"bob"});
  InboxSettings fewer = world.options.inbox;
  fewer.max_messages = 3;
  store->apply(fewer);
  Backup backup(*store);
  std::string file;
  REQUIRE(backup.run(into(file), {"1", world.clock.now()}, on) == true);
  CHECK(backup.saved().messages == 3);
  CHECK(backup.saved().inboxes == 1);
}

TEST_CASE("backup: ended between two steps it is none, and errors of the store come through") {
  const World world("memory");
  const auto store = open(world);
  for (int i = 0; i < 5; ++i) put(*store, world, {"box" + std::to_string(i)});
  Backup stopped(*store);
  std::string file;
  CHECK(stopped.run(into(file), {"1", world.clock.now()}, [](const Tally& saved) { return saved.messages < 2; }) ==
        false);
  auto reader = BackupReader::open(out_of(file));
  CHECK(!reader);  // nothing of it was written yet
  Backup full(*store);
  const auto ended = full.run([](std::string_view) { return Result<void>(fail(Code::unavailable, "disk full")); },
                              {"1", world.clock.now()}, on);
  REQUIRE(!ended);
  CHECK(ended.error().what == "disk full");
}

}  // namespace
}  // namespace maildrop::store
