/// redis_store_test: the contract on a real Redis, and what goes wrong with one.
#include <catch2/catch.hpp>
#include <map>

#include "store/play_together.h"
#include "store/redis_client.h"
#include "store/redis_home.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;
using Catch::Matchers::Contains;

namespace {

/// Until it works again; the pause between two tries is a second at most.
bool recovers(Store& store, const Delivery& d) {
  return until([&] { return put_one(store, d).has_value(); });
}

void refused(const Result<MessageId>& result, Code code, const char* word) {
  INFO(word);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == code);
  CHECK_THAT(result.error().what, Contains(word));
}

}  // namespace

TEST_CASE("redis: keeps the contract") { play_all("redis"); }
TEST_CASE("redis: keeps the contract when calls fail") { play_all_flaky("redis"); }
TEST_CASE("redis: threads do not disturb each other") { play_together("redis"); }

TEST_CASE("redis: what is gone leaves nothing behind") {
  Home home;
  const auto store = home.open();
  for (int i = 0; i < 30; ++i) REQUIRE(put_one(*store, delivery(home.clock.now(), {"a", "b", "c"}, 3000)));
  REQUIRE(store->remove(inbox("a"), MessageId::trusted(shown(*store, "a").front())).value_or(false));
  home.clock.advance(home.options.inbox.max_age);
  for (int i = 0; i < 3; ++i) REQUIRE(put_one(*store, home.mail("a")));  // where 9 have expired
  home.clock.advance(home.options.inbox.max_age);
  REQUIRE(purge_all(*store) != SIZE_MAX);
  const auto stats = store->stats();
  REQUIRE(stats);
  CHECK(stats->inboxes == 0);
  CHECK(stats->messages == 0);
  CHECK(stats->bytes == 0);
  const redis::Reply keys = home.server.ask({"KEYS", "*"});
  REQUIRE(keys.list.size() == 1);
  CHECK(keys.list[0].text == "maildrop:total");
}

TEST_CASE("redis: its bytes are near what the server takes") {
  const int sources = GENERATE(1, 50, 2000);
  Home home;
  const auto store = home.open();
  const auto taken = [&] {
    const std::string info = home.server.ask({"INFO", "memory"}).text;
    return std::stoull(info.substr(info.find("used_memory:") + 12));
  };
  const std::uint64_t before = taken();
  std::vector<Delivery> batch;
  for (int i = 0; i < 4000; ++i) {
    batch.push_back(home.mail(("box" + std::to_string(i % 1500)).c_str(), 200 + static_cast<std::size_t>(i) % 3000));
    batch.back().summary.peer =
        "10." + std::to_string(i % sources / 200) + "." + std::to_string(i % sources % 200) + ".1";
    if (batch.size() < 200) continue;
    for (const auto& result : store->put(batch)) REQUIRE(result);
    batch.clear();
  }
  const double reckoned = static_cast<double>(store->stats()->bytes) / static_cast<double>(taken() - before);
  INFO(sources << " sources: " << reckoned);
  CHECK(reckoned > 0.8);
  CHECK(reckoned < 1.25);
}

TEST_CASE("redis: a server that refuses says why, and is used again when it does not") {
  Home home({"--maxmemory", "30mb", "--maxmemory-policy", "noeviction", "--lua-time-limit", "100",
             "--enable-protected-configs", "yes"});
  const auto store = home.open();
  REQUIRE(put_one(*store, home.mail()));

  SECTION("out of memory") {
    for (const std::size_t size : {1u << 20, 1u << 15, 1u << 10, 1u}) {
      Result<MessageId> full = MessageId::make(home.clock.now());
      for (int i = 0; i < 2000 && full; ++i)
        full = put_one(*store, home.mail(("x" + std::to_string(size + static_cast<unsigned>(i) / 10)).c_str(), size));
      refused(full, Code::over_limit, "OOM");
    }
    CHECK(home.tell({"CONFIG", "SET", "maxmemory", "10mb"}).text == "OK");
    CHECK(store->ready().error().code == Code::over_limit);
    CHECK(shown(*store, "bob").size() == 1);
    CHECK(home.tell({"CONFIG", "SET", "maxmemory", "100mb"}).text == "OK");
    CHECK(recovers(*store, home.mail()));
    CHECK(until([&] { return store->ready().has_value(); }));  // what it said before it says for a second
  }
  SECTION("a replica") {
    home.tell({"REPLICAOF", "127.0.0.1", "1"});
    refused(put_one(*store, home.mail()), Code::unavailable, "READONLY");
    CHECK_THAT(store->ready().error().what, Contains("READONLY"));
    home.tell({"REPLICAOF", "NO", "ONE"});
    CHECK(recovers(*store, home.mail()));
  }
  SECTION("too few replicas") {
    home.tell({"CONFIG", "SET", "min-replicas-to-write", "1"});
    refused(put_one(*store, home.mail()), Code::unavailable, "NOREPLICAS");
    home.tell({"CONFIG", "SET", "min-replicas-to-write", "0"});
    CHECK(recovers(*store, home.mail()));
  }
  SECTION("a disk that takes no snapshot") {
    home.tell({"CONFIG", "SET", "dbfilename", "missing"});
    home.tell({"CONFIG", "SET", "save", "1 1"});
    std::filesystem::remove_all(home.server.folder() + "/missing");
    std::filesystem::create_directory(home.server.folder() + "/missing");
    home.tell({"BGSAVE"});
    Result<MessageId> result = MessageId::make(home.clock.now());
    until([&] { return !(result = put_one(*store, home.mail())); });
    refused(result, Code::unavailable, "MISCONF");
    home.tell({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
    CHECK(recovers(*store, home.mail()));
  }
  SECTION("a script that does not end") {
    std::thread endless([&] { home.server.ask({"EVAL", "while true do end", "0"}); });
    Result<MessageId> result = MessageId::make(home.clock.now());
    until([&] {
      result = put_one(*store, home.mail());
      return !result && result.error().what.find("BUSY") != std::string::npos;
    });
    home.tell({"SCRIPT", "KILL"});
    endless.join();
    refused(result, Code::unavailable, "BUSY");
    CHECK(recovers(*store, home.mail()));
  }
  SECTION("no more clients") {
    home.tell({"CONFIG", "SET", "maxclients", "1"});
    home.tell({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    refused(put_one(*store, home.mail()), Code::unavailable, "max number of clients");
    home.tell({"CONFIG", "SET", "maxclients", "100"});
    CHECK(recovers(*store, home.mail()));
  }
  SECTION("a password it did not want before") {
    home.tell({"CONFIG", "SET", "requirepass", "secret"});
    home.tell({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    refused(put_one(*store, home.mail()), Code::unavailable, "NOAUTH");
    home.tell({"CONFIG", "SET", "requirepass", ""});
    CHECK(recovers(*store, home.mail()));
  }
  SECTION("scripts forgotten") {
    home.tell({"SCRIPT", "FLUSH"});
    CHECK(put_one(*store, home.mail()));
    home.tell({"SCRIPT", "FLUSH"});
    const std::vector<Delivery> batch{home.mail("x"), home.mail("x"), home.mail("y")};
    for (const auto& result : store->put(batch)) CHECK(result);
    CHECK(shown(*store, "x").size() == 2);
    home.tell({"SCRIPT", "FLUSH"});
    CHECK(store->purge({}));
    home.tell({"SCRIPT", "FLUSH"});
    CHECK(store->remove(inbox("bob"), MessageId::trusted(shown(*store, "bob").front())).value_or(false));
  }
}

TEST_CASE("redis: the link on which a batch heard READONLY is not used again") {
  Home home;
  const auto store = home.open();
  const auto connections = [&] {
    const std::string stats = home.tell({"INFO", "stats"}).text;
    return std::stoul(stats.substr(stats.find("total_connections_received:") + 27));
  };
  for (const std::size_t size : {1u, 2u}) {  // by itself, and in a transaction
    std::vector<Delivery> batch;
    while (batch.size() < size) batch.push_back(home.mail());
    REQUIRE(put_one(*store, home.mail()));
    const auto before = connections();
    home.tell({"REPLICAOF", "127.0.0.1", "1"});
    for (const auto& result : store->put(batch)) refused(result, Code::unavailable, "READONLY");
    CHECK(connections() == before);
    home.tell({"REPLICAOF", "NO", "ONE"});
    for (const auto& result : store->put(batch)) CHECK(result);
    CHECK(connections() == before + 1);
  }
}

TEST_CASE("redis: a server that hangs costs one time-out, and what it was sent is stored once") {
  Home home;
  const auto store = home.open();
  REQUIRE(put_one(*store, home.mail()));
  home.server.signal(SIGSTOP);
  const Delivery lost = home.mail("lost");
  refused(put_one(*store, lost), Code::timed_out, "no answer in time");
  refused(put_one(*store, home.mail()), Code::unavailable, "redis at unix:");
  CHECK_FALSE(store->list(inbox("bob"), {}));
  home.server.signal(SIGCONT);
  CHECK(recovers(*store, lost));  // the abandoned one was executed, too
  CHECK(shown(*store, "lost").size() == 1);
}

TEST_CASE("redis: a server that was killed is found again, with all it had acknowledged") {
  Home home({"--appendonly", "yes", "--appendfsync", "always"});
  const auto store = home.open();
  const auto reader = home.open(Role::reader);
  const Delivery first = home.mail();
  REQUIRE(put_one(*store, first));
  CHECK(shown(*reader, "bob").size() == 1);
  home.server.end(SIGKILL);
  refused(put_one(*store, home.mail()), Code::unavailable, "redis at unix:");
  CHECK(home.open());  // and a daemon may start meanwhile
  home.server.start();
  CHECK(recovers(*store, home.mail()));
  CHECK(shown(*store, "bob").size() == 2);
  CHECK(shown(*store, "bob").back() == first.summary.id.text());
  CHECK(until([&] { return shown(*reader, "bob").size() == 2; }));
  // An idle link that was closed is not what fails the next call.
  home.server.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  CHECK(put_one(*store, home.mail()));
}

TEST_CASE("redis: with wait_replicas a message that only one server has is not acknowledged") {
  Home home;
  home.options.redis.wait_replicas = 1;
  const auto store = home.open();
  refused(put_one(*store, home.mail()), Code::timed_out, "only 0 of 1 replicas");
  const std::vector<Delivery> batch{home.mail("x"), home.mail("y")};
  for (const auto& result : store->put(batch)) refused(result, Code::timed_out, "only 0 of 1 replicas");
}

TEST_CASE("redis: two writers share an inbox, and a reader does not write") {
  Home home;
  const auto a = home.open(), b = home.open(), reader = home.open(Role::reader);
  REQUIRE(put_one(*a, home.mail()));
  REQUIRE(put_one(*b, home.mail()));
  CHECK(shown(*reader, "bob").size() == 2);
  CHECK_FALSE(put_one(*reader, home.mail()));
  CHECK_FALSE(reader->purge({}));
  CHECK(reader->ready());
  CHECK(reader->remove(inbox("bob"), MessageId::trusted(shown(*reader, "bob").front())).value_or(false));
  CHECK(shown(*a, "bob").size() == 1);
}

TEST_CASE("redis: a list that hides much is read in two looks at most") {
  Home home;
  home.options.inbox.max_messages = 100;
  const auto store = home.open();
  std::vector<Delivery> batch;
  for (int i = 0; i < 100; ++i) batch.push_back(home.mail());
  for (int i = 10; i < 100; ++i) batch[static_cast<std::size_t>(i)].summary.mark = Mark::quarantine;
  for (const auto& result : store->put(batch)) REQUIRE(result);
  const auto looks = [&] {
    const std::string stats = home.server.ask({"INFO", "commandstats"}).text;
    const std::size_t at = stats.find("cmdstat_lrange:calls=");
    return at == std::string::npos ? 0 : std::stoi(stats.substr(at + 21));
  };
  const int before = looks();
  CHECK(store->list(inbox("bob"), {.limit = 3})->front().id == batch[9].summary.id);
  CHECK(looks() == before + 2);
  CHECK(store->list(inbox("bob"), {})->size() == 10);
  CHECK(looks() == before + 3);
  CHECK(store->list(inbox("bob"), {.limit = 3, .quarantined = Quarantined::shown})->size() == 3);
  CHECK(looks() == before + 4);
}

TEST_CASE("redis: a user without the right to publish stores nothing, rather than a part") {
  Home home;
  home.tell({"ACL", "SETUSER", "mail", "on", ">word", "~maildrop:*", "+@all"});
  home.options.redis.username = "mail";
  home.options.redis.password = "word";
  const auto store = home.open();
  for (int i = 0; i < 3; ++i)
    refused(put_one(*store, delivery(home.clock.now(), {"bob", "carol"})), Code::unavailable, "publish");
  CHECK_THAT(store->ready().error().what, Contains("channel"));
  CHECK(home.tell({"KEYS", "maildrop:[{btl]*"}).list.empty());
  home.tell({"ACL", "SETUSER", "mail", "-@all", "&maildrop:news", "+@read", "+@write", "+@scripting", "+@transaction",
             "+@pubsub", "+@connection", "+time"});
  CHECK(recovers(*store, home.mail()));  // what maildrop-storage(7) says is enough
  const std::vector<Delivery> batch{home.mail("x"), home.mail("y")};
  for (const auto& result : store->put(batch)) CHECK(result);
  CHECK(store->remove(inbox("x"), batch.front().summary.id).value_or(false));
  CHECK(store->purge({}));
  CHECK(open_feed(home.options));
}

TEST_CASE("redis: settings that lose mail are told") {
  Home home({"--appendonly", "yes"});
  CHECK(home.open()->warnings().empty());
  home.tell({"CONFIG", "SET", "appendonly", "no"});
  home.tell({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const auto warnings = home.open()->warnings();
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], Contains("appendonly"));
  CHECK_THAT(warnings[1], Contains("allkeys-lru"));
}

TEST_CASE("redis: a batch is one transaction, and one sync") {
  Home home({"--appendonly", "yes", "--appendfsync", "always"});
  const auto store = home.open();
  std::vector<Delivery> batch;
  for (int i = 0; i < 100; ++i) batch.push_back(home.mail(("box" + std::to_string(i)).c_str(), 20'000));
  for (const auto& result : store->put(batch)) REQUIRE(result);
  const auto calls = [&](const char* name) {
    const std::string stats = home.tell({"INFO", "commandstats"}).text;
    const std::size_t at = stats.find(std::string("cmdstat_") + name + ":calls=");
    return at == std::string::npos ? 0UL : std::stoul(stats.substr(stats.find('=', at) + 1));
  };
  CHECK(calls("exec") == 1);
  CHECK(calls("evalsha") == 100);
}

TEST_CASE("redis: the same id again after it has expired leaves nothing behind") {
  Home home;
  const auto store = home.open();
  REQUIRE(put_one(*store, home.mail()));
  home.clock.advance(home.options.inbox.max_age);
  const Delivery again = home.mail();
  REQUIRE(put_one(*store, again));
  home.clock.advance(home.options.inbox.max_age);
  REQUIRE(put_one(*store, again));
  home.clock.advance(home.options.inbox.max_age);
  REQUIRE(purge_all(*store) != SIZE_MAX);
  CHECK(store->stats()->messages == 0);
  CHECK(store->stats()->bytes == 0);
  CHECK(home.tell({"KEYS", "maildrop:body:*"}).list.empty());
}
