/// sqlite_store_test: the contract on SQLite.
#include <filesystem>
#include <fstream>
#include <optional>

#include "store/play_together.h"
#include "store/sqlite_connection.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("sqlite: keeps the contract") { play_all("sqlite"); }
TEST_CASE("sqlite: keeps the contract when calls fail") { play_all_flaky("sqlite"); }
TEST_CASE("sqlite: threads do not disturb each other") { play_together("sqlite"); }

namespace {

/// What each question comes to, in a word.
std::string answers(Store& store, const std::string& id) {
  const auto word = [](const auto& result) { return std::string(result ? "ok" : to_string(result.error().code)); };
  return word(store.list(inbox("bob"), {})) + " " + word(store.get(inbox("bob"), MessageId::trusted(id))) + " " +
         word(store.remove(inbox("bob"), MessageId::trusted(std::string(26, '0')))) + " " + word(store.ready());
}

}  // namespace

TEST_CASE("sqlite: a store that goes away while it is open is no empty one, whoever has it open") {
  for (const std::optional<std::string>& in_its_place :
       {std::optional<std::string>(), std::optional(std::string()), std::optional(std::string(9000, 'x'))}) {
    for (const bool with_writer : {true, false}) {
      INFO((in_its_place ? std::to_string(in_its_place->size()) + " bytes" : "nothing")
           << " in its place, with a writer: " << with_writer);
      World world("sqlite");
      const std::string path = world.folder.path("mail.db");
      auto writer = world.open();
      REQUIRE(writer);
      const auto id = put_one(**writer, delivery(world.clock.now(), {"bob"}));
      REQUIRE(id);
      auto reader = world.open(Role::reader);
      REQUIRE(reader);
      if (!with_writer) writer->reset();
      CHECK(answers(**reader, id->text()) == "ok ok ok ok");
      std::filesystem::rename(path, path + ".away");
      if (in_its_place) std::ofstream(path) << *in_its_place;
      for (const auto* store : {&reader, &writer}) {
        if (!**store) continue;
        const std::string all = answers(***store, id->text());
        CHECK_THAT(all, !Catch::Contains("ok") && !Catch::Contains("not_found") && !Catch::Contains("invalid"));
      }
      if (in_its_place) continue;
      std::filesystem::rename(path + ".away", path);
      CHECK(answers(**reader, id->text()) == "ok ok ok ok");
    }
  }
}

TEST_CASE("sqlite: another program's database in place of one that was open is no wrong request") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  REQUIRE(world.open());
  auto reader = world.open(Role::reader);
  REQUIRE(reader);
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  std::ofstream(path).flush();
  REQUIRE(sqlite::Connection::open(path, 1s)->exec("CREATE TABLE t(x)"));
  CHECK(answers(**reader, std::string(26, '0')) == "unavailable unavailable unavailable unavailable");
  CHECK(world.open(Role::reader).error().code == Code::invalid);
}

TEST_CASE("sqlite: what was stored is there after a reopen") {
  World world("sqlite");
  Ids all;
  for (int round = 0; round < 3; ++round) {
    auto store = world.open();
    REQUIRE(store);
    CHECK(shown(**store, "bob") == all);
    for (int i = 0; i < 2; ++i) {
      const auto id = put_one(**store, delivery(world.clock.now(), {"bob", "carol"}, 40000));
      REQUIRE(id);
      all.insert(all.begin(), id->text());
    }
    CHECK((*store)->stats()->messages == 2 * all.size());
  }
}
