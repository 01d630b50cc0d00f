/// restore_test.cc: what a store has already, would not keep, or has no room for; failures and damage.
#include <catch2/catch.hpp>

#include "store/backup.h"
#include "store/backup_kit.h"
#include "store/flaky_store.h"
#include "store/kit.h"

namespace maildrop::store {
namespace {

using namespace test;

TEST_CASE("restore: what is newer never goes for what is older") {
  for (const std::string scheme : {"memory", "sqlite", "redis"}) {
    World there(scheme);
    const auto store = open(there);
    for (int i = 0; i < 4; ++i) put(*store, there, {"bob"}, 100);  // of one millisecond
    put(*store, there, {"live"});
    const auto four = shown(*store, "bob");
    const std::string file = backup_of(*store, there.clock);
    World here(scheme);
    here.options.inbox.max_messages = 2;
    here.clock.advance(1s);
    const auto target = open(here);
    const std::string live = put(*target, here, {"live"});
    for (int run = 0; run < 2; ++run) {
      Restore restore(*target, here.clock, options_of(here));
      put_back(restore, file);
      CHECK(shown(*target, "bob") == std::vector{four[0], four[1]});
      CHECK(shown(*target, "live") == std::vector{live});
      CHECK(restore.restored().messages == (run == 0 ? 2 : 0));
      CHECK(restore.passed_over().over_quota == 2);
      CHECK(restore.passed_over().older == 1);
      CHECK(restore.passed_over().known == (run == 0 ? 0 : 2));
    }
    InboxSettings small = here.options.inbox;
    small.max_messages = 10;
    small.max_size = 250;
    const World third("memory");
    const auto empty = open(third);
    Restore restore(*empty, third.clock, {small, 3, false});
    put_back(restore, file);
    CHECK(shown(*empty, "bob") == std::vector{four[0], four[1]});
    CHECK(restore.passed_over().over_quota == 2);
  }
}

TEST_CASE("restore: into an inbox with older mail, what is newer goes on top") {
  const World there("memory"), here("memory");
  const auto store = open(there), target = open(here);
  Delivery older = delivery(here.clock.now() - 1h, {"bob"});
  REQUIRE(put_one(*target, older));
  for (int i = 0; i < 3; ++i) put(*store, there, {"bob"});
  Restore restore(*target, here.clock, options_of(here));
  put_back(restore, backup_of(*store, there.clock));
  auto want = shown(*store, "bob");
  want.push_back(older.summary.id.text());
  CHECK(shown(*target, "bob") == want);
}

TEST_CASE("restore: inboxes that nobody could name are told, and not made") {
  const World there("memory");
  const auto store = open(there);
  for (const char* name : {"bob", "bob@example.org", "BOB", "a b\n"}) put(*store, there, {name});
  const std::string file = backup_of(*store, there.clock);
  for (const auto naming : {InboxSettings::Naming::local, InboxSettings::Naming::full}) {
    World here("memory");
    here.options.inbox.naming = naming;
    const auto target = open(here);
    Restore restore(*target, here.clock, options_of(here));
    put_back(restore, file);
    CHECK(restore.passed_over().unnamed == 3);
    CHECK(shown(*target, naming == InboxSettings::Naming::local ? "bob" : "bob@example.org").size() == 1);
    CHECK(target->stats()->inboxes == 1);
  }
}

TEST_CASE("restore: again, it adds what is missing, and nothing twice") {
  for (const std::string scheme : {"memory", "sqlite", "redis"}) {
    const World world(scheme), other(scheme);
    const auto store = open(world), target = open(other);
    for (int i = 0; i < 450; ++i) put(*store, world, {"box" + std::to_string(i / 3)}, 100);
    const std::string file = backup_of(*store, world.clock);
    auto reader = BackupReader::open(out_of(file));
    REQUIRE(reader);
    Restore first(*target, other.clock, options_of(other));
    CHECK(first.run(*reader, [](const Tally&) { return false; }) == false);
    CHECK(first.restored().messages == 200);
    CHECK(target->stats()->messages == 200);
    Restore again(*target, other.clock, options_of(other));
    put_back(again, file);
    CHECK(again.passed_over().known == 200);
    CHECK(again.restored().messages == 250);
    for (int i = 0; i < 150; ++i) {
      const std::string name = "box" + std::to_string(i);
      CHECK(shown(*target, name) == shown(*store, name));
    }
  }
}

TEST_CASE("restore: what is quarantined is known as all else, and nothing comes above it that is older") {
  const World there("memory");
  const auto store = open(there);
  Delivery judged = delivery(there.clock.now(), {"bob"});
  judged.summary.mark = Mark::quarantine;
  REQUIRE(put_one(*store, judged));
  const std::string file = backup_of(*store, there.clock);
  Restore again(*store, there.clock, options_of(there));
  put_back(again, file);
  CHECK(again.passed_over().known == 1);

  World here("memory");
  here.clock.advance(1h);
  const auto target = open(here);
  Delivery newer = delivery(here.clock.now(), {"bob"});
  newer.summary.mark = Mark::quarantine;
  REQUIRE(put_one(*target, newer));
  Restore restore(*target, here.clock, options_of(here));
  put_back(restore, file);
  CHECK(restore.passed_over().older == 1);
}

TEST_CASE("restore: mail keeps its age, and what has expired stays away, unless it is renewed") {
  World world("sqlite");
  const auto store = open(world);
  put(*store, world, {"old"});
  world.clock.advance(2h);
  const std::string young = put(*store, world, {"young"});
  const std::string file = backup_of(*store, world.clock);
  for (const bool renew : {false, true}) {
    World later("sqlite");
    later.clock.advance(world.options.inbox.max_age + 1h);
    RestoreOptions options = options_of(later);
    options.renew = renew;
    const auto target = open(later);
    Restore restore(*target, later.clock, options);
    put_back(restore, file);
    CHECK(restore.passed_over().expired == (renew ? 0 : 1));
    CHECK(shown(*target, "old").size() == (renew ? 1 : 0));
    CHECK(shown(*target, "young") == std::vector{young});
    later.clock.advance(1h);
    CHECK(shown(*target, "young").empty() == !renew);
  }
}

TEST_CASE("restore: a full store ends it, and with more room it goes on") {
  for (const std::string scheme : {"memory", "sqlite", "redis"}) {
    World world("memory");
    world.options.inbox.max_messages = 500;
    const auto store = open(world);
    for (int i = 0; i < 500; ++i) put(*store, world, {"bob"}, 10'000);  // all of one source
    const std::string file = backup_of(*store, world.clock);
    World small(scheme);
    small.options.inbox.max_messages = 500;
    small.options.settings.max_size = 4u << 20;
    {
      const auto target = open(small);
      auto reader = BackupReader::open(out_of(file));
      REQUIRE(reader);
      Restore restore(*target, small.clock, options_of(small));
      const auto ended = restore.run(*reader, on);
      REQUIRE(!ended);
      CHECK(ended.error().what == "the store is full");
      CHECK(restore.restored().messages > 230);  // more than a source's half
      CHECK(!reader->failed());
      if (scheme == "memory") continue;
    }
    small.options.settings.max_size = 64u << 20;
    const auto target = open(small);
    Restore restore(*target, small.clock, options_of(small));
    put_back(restore, file);
    CHECK(shown(*target, "bob") == shown(*store, "bob"));
  }
}

TEST_CASE("restore: behind one that there is no room for nothing of its inbox comes in, and then all of it does") {
  for (const std::string scheme : {"sqlite", "redis"}) {
    const World world("memory");
    const auto store = open(world);
    for (const std::size_t size : {100u, 5'000'000u, 100u}) put(*store, world, {"bob"}, size);
    put(*store, world, {"other"}, 100);
    const std::string file = backup_of(*store, world.clock);
    World small(scheme);
    small.options.settings.max_size = 4u << 20;
    {
      const auto target = open(small);
      auto reader = BackupReader::open(out_of(file));
      REQUIRE(reader);
      Restore restore(*target, small.clock, options_of(small));
      CHECK_FALSE(restore.run(*reader, on));
      CHECK(shown(*target, "bob") == std::vector{shown(*store, "bob").back()});
      CHECK(restore.restored().messages <= 2);
    }
    small.options.settings.max_size = 64u << 20;
    const auto target = open(small);
    Restore restore(*target, small.clock, options_of(small));
    put_back(restore, file);
    CHECK(shown(*target, "bob") == shown(*store, "bob"));
    CHECK(shown(*target, "other") == shown(*store, "other"));
  }
}

TEST_CASE("restore: what a clock that was set back has put in another order goes on where it ended") {
  World world("memory");
  world.options.inbox.max_messages = 500;
  const auto store = open(world);
  for (int i = 0; i < 300; ++i) {
    if (i == 250) world.clock.jump(-1h);  // behind the first batch
    put(*store, world, {"bob"}, 100);
    world.clock.advance(1s);
  }
  const std::string file = backup_of(*store, world.clock);
  World other("sqlite");
  other.options.inbox.max_messages = 500;
  const auto target = open(other);
  auto reader = BackupReader::open(out_of(file));
  REQUIRE(reader);
  Restore first(*target, other.clock, options_of(other));
  CHECK(first.run(*reader, [](const Tally& restored) { return restored.messages == 0; }) == false);
  CHECK(first.restored().messages == 200);
  Restore again(*target, other.clock, options_of(other));
  put_back(again, file);
  CHECK(shown(*target, "bob") == shown(*store, "bob"));
}

TEST_CASE("restore: errors of the store come through") {
  const World world("memory");
  const auto store = open(world);
  put(*store, world, {"bob"});
  const std::string file = backup_of(*store, world.clock);
  const World reader("sqlite");
  open(reader);
  const auto reading = reader.open(Role::reader);
  REQUIRE(reading);
  auto backup = BackupReader::open(out_of(file));
  REQUIRE(backup);
  Restore unable(**reading, reader.clock, options_of(reader));
  const auto ended = unable.run(*backup, on);
  REQUIRE(!ended);
  CHECK(ended.error().code == Code::unavailable);
  CHECK(!backup->failed());
}

TEST_CASE("restore: a store that fails now and then holds all of it once, in its order") {
  const World world("memory");
  const auto store = open(world);
  for (int i = 0; i < 30; ++i) put(*store, world, {"box" + std::to_string(i / 10)}, 100);
  const std::string file = backup_of(*store, world.clock);
  for (const auto when : {FlakyStore::When::before, FlakyStore::When::after}) {
    for (int n = 1; n <= 4; ++n) {
      const World other("sqlite");
      const auto target = open(other);
      FlakyStore flaky(*target, n, when);
      Restore restore(flaky, other.clock, options_of(other));
      put_back(restore, file);
      CHECK(flaky.has_failed());
      for (const char* name : {"box0", "box1", "box2"}) CHECK(shown(*target, name) == shown(*store, name));
      CHECK(target->stats()->messages == 30);
    }
  }
}

TEST_CASE("restore: of a damaged file, what came before the damage is there") {
  const World world("memory"), other("memory");
  const auto store = open(world), target = open(other);
  for (int i = 0; i < 10; ++i) put(*store, world, {"box" + std::to_string(i)}, 100);
  std::string text = text_of(backup_of(*store, world.clock));
  const std::size_t seventh = [&] {
    std::size_t at = 0;
    for (int i = 0; i < 7; ++i) at = text.find("\nId: ", at + 1);
    return at;
  }();
  text[seventh + 6] = '!';
  const std::string bad = zstd_of(text);
  auto reader = BackupReader::open(out_of(bad));
  REQUIRE(reader);
  Restore restore(*target, other.clock, options_of(other));
  const auto ended = restore.run(*reader, on);
  REQUIRE(!ended);
  CHECK(ended.error().code == Code::corrupt);
  CHECK(ended.error().what == "behind 6 messages: the sum of a message is wrong");
  CHECK(reader->failed());
  CHECK(target->stats()->messages == 6);
}

}  // namespace
}  // namespace maildrop::store
