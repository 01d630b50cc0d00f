/// models_test.cc: what of models is of one backend alone, and who reads one while it becomes another. What all promise
/// is in model_scenes.h.
#include "store/models.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "store/model_scenes.h"
#include "store/redis_client.h"
#include "store/redis_home.h"
#include "store/sqlite_connection.h"

namespace maildrop::store::test {

namespace {

std::unique_ptr<Store> open_as(const World& world, Role role) {
  OpenOptions options = world.options;
  options.role = role;
  auto store = open_store(options);
  REQUIRE(store);
  return std::move(*store);
}

std::string models_file(const World& world) {
  return world.options.url.substr(world.options.url.find(':') + 1) + ".models";
}

Ids keys(Home& home, const char* pattern) {
  Ids found;
  for (const redis::Reply& key : home.tell({"KEYS", pattern}).list) found.push_back(key.text);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("models: versions rise, by the clock where that is ahead") {
  CHECK(next_version(0, from_millis(1000)) == 1000);
  CHECK(next_version(1000, from_millis(1000)) == 1001);
  CHECK(next_version(5000, from_millis(1000)) == 5001);
  CHECK(next_version(0, from_millis(-5)) == 1);
}

TEST_CASE("models: the largest is named, and a store without any says so") {
  const auto largest = check_model("bayes", kMostModel), larger = check_model("bayes", kMostModel + 1);
  CHECK(largest);
  REQUIRE(!larger);
  CHECK(larger.error().what == "model 'bayes' is larger than 64 MiB");
  CHECK(check_model("bayes", 0, kMostVersion));
  CHECK(check_model("bayes", 0, kMostVersion + 1).error().code == Code::invalid);
  CHECK(no_models().list()->empty());
  CHECK(no_models().version("bayes") == 0u);
  CHECK(no_models().put("bayes", "x").error().code == Code::unavailable);
}

TEST_CASE("models: who reads one that is put meanwhile has the old or the new one, whole") {
  for (const char* scheme : {"memory", "sqlite", "redis"}) {
    INFO(scheme);
    World world(scheme);
    const auto writer = open_as(world, Role::writer), reader = open_as(world, Role::reader);
    const std::string contents[] = {std::string(kModelPiece + 1, 'a'), std::string(2 * kModelPiece, 'b')};
    REQUIRE(writer->models().put("m", contents[0]));
    std::atomic<bool> done{false};
    std::thread putting([&] {
      for (int i = 1; i <= 20; ++i) static_cast<void>(writer->models().put("m", contents[i % 2]));
      done = true;
    });
    int strange = 0;
    while (!done) {
      const auto model = reader->models().get("m");
      // Who comes too late each time is told to try again.
      if (!model && model.error().code == Code::unavailable) continue;
      if (!model || !*model || ((*model)->bytes != contents[0] && (*model)->bytes != contents[1])) ++strange;
    }
    putting.join();
    CHECK(strange == 0);
  }
}

TEST_CASE("sqlite models: who has the store to read puts one, too, and the file comes with the first") {
  World world("sqlite");
  const auto writer = open_as(world, Role::writer), reader = open_as(world, Role::reader);
  CHECK(listed(*writer).empty());
  CHECK(writer->models().remove("m") == false);
  CHECK_FALSE(std::filesystem::exists(models_file(world)));
  REQUIRE(reader->models().put("m", "one"));
  CHECK(model_of(*writer, "m") == "one");
  REQUIRE(writer->models().put("m", "two"));
  CHECK(model_of(*reader, "m") == "two");
  CHECK_FALSE(std::filesystem::exists(models_file(world) + "-wal"));
}

TEST_CASE("sqlite models: what root puts is for the server, whose folder it is in") {
  if (::geteuid() != 0) return;
  World world("sqlite");
  const auto store = open_as(world, Role::writer);
  const std::string file = models_file(world);
  REQUIRE(::chown(file.substr(0, file.rfind('/')).c_str(), 65534, 65534) == 0);
  REQUIRE(store->models().put("m", "by root"));
  for (const std::string& made : {file, file + ".lock"}) {
    struct stat found {};
    REQUIRE(::stat(made.c_str(), &found) == 0);
    CHECK(found.st_uid == 65534);
  }
}

TEST_CASE("sqlite models: the pages of the one before are used again") {
  World world("sqlite");
  const auto store = open_as(world, Role::writer);
  REQUIRE(store->models().put("m", std::string(kModelPiece, 'a')));
  REQUIRE(store->models().put("m", std::string(kModelPiece, 'b')));
  const auto size = std::filesystem::file_size(models_file(world));
  for (int i = 0; i < 3; ++i) REQUIRE(store->models().put("m", std::string(kModelPiece, 'c')));
  CHECK(std::filesystem::file_size(models_file(world)) <= size);
  CHECK(size < 2 * kModelPiece);
}

TEST_CASE("sqlite models: one that is not what was put is damaged, and gives way to the next") {
  World world("sqlite");
  const auto store = open_as(world, Role::writer);
  REQUIRE(store->models().put("m", "once upon a time"));
  {
    auto connection = sqlite::Connection::open(models_file(world), 1s);
    REQUIRE(connection);
    REQUIRE(connection->exec("UPDATE piece SET data=zeroblob(16)"));
  }
  const auto model = store->models().get("m");
  REQUIRE(!model);
  CHECK(model.error().code == Code::corrupt);
  REQUIRE(store->models().put("m", "again"));
  CHECK(model_of(*store, "m") == "again");

  std::ofstream(models_file(world), std::ios::trunc)
      << "no database, and longer than the header of one: " << std::string(200, 'x');
  CHECK(store->models().list().error().code == Code::corrupt);
  CHECK(version_to_replace(store->models(), "m") == 0u);  // who is to put another one is not kept from it
  REQUIRE(store->models().put("m", "begun anew"));
  CHECK(model_of(*store, "m") == "begun anew");
  CHECK(std::filesystem::exists(models_file(world) + ".damaged"));
}

TEST_CASE("redis models: all keys are in one slot, the pieces of the one before go, and of one that is not done end") {
  Home home;
  const auto store = home.open(Role::reader);
  REQUIRE(store->models().put("m", std::string(kModelPiece + 1, 'a')));
  CHECK(keys(home, "*models*").size() == 4);  // index, last, two pieces
  REQUIRE(store->models().put("m", "b"));
  const Ids left = keys(home, "*models*");
  REQUIRE(left.size() == 3);
  for (const std::string& key : left) {
    CHECK(key.find("models:{models}:") == home.options.redis.prefix.size());
    CHECK(home.tell({"TTL", key}).number == -1);
  }
  CHECK(store->models().remove("m") == true);
  CHECK(keys(home, "*models*").size() == 1);  // last

  home.options.redis.timeout = 5s;
  // The script alone, as if its pieces had ended.
  redis::Client client(*redis::parse_target(home.options.url), home.options.redis);
  const auto version =
      client.run(redis::Script::models, {home.options.redis.prefix, "m", "0token", "1", "5", "sum", "1000", "0"});
  REQUIRE(version);
  CHECK(version->number == 0);
  CHECK(model_of(*store, "m") == "none");
}

TEST_CASE("redis models: one that is put in part ends by itself and changes nothing") {
  Home home;
  const auto store = home.open();
  REQUIRE(store->models().put("m", "whole"));
  home.tell({"CONFIG", "SET", "maxmemory", "1mb"});  // less than the server has
  const auto put = store->models().put("m", std::string(3 * kModelPiece, 'x'));
  REQUIRE(!put);
  CHECK(put.error().code == Code::over_limit);
  home.tell({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(model_of(*store, "m") == "whole");
  for (const std::string& key : keys(home, "*models*:m:*")) {
    const auto size = home.tell({"STRLEN", key}).number;
    CHECK((size == 5 || home.tell({"TTL", key}).number > 0));
  }
}

TEST_CASE("redis models: a model that has lost a piece is damaged") {
  Home home;
  const auto store = home.open();
  REQUIRE(store->models().put("m", std::string(kModelPiece + 1, 'a')));
  const Ids pieces = keys(home, "*models*:m:*");
  REQUIRE(pieces.size() == 2);
  home.tell({"DEL", pieces.back()});
  const auto model = store->models().get("m");
  REQUIRE(!model);
  CHECK(model.error().code == Code::corrupt);
}

}  // namespace maildrop::store::test
