/// sqlite_change_mark_test.cc: what others commit is seen without asking.
#include "store/sqlite_change_mark.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

TEST_CASE("sqlite: who reads sees by the change mark what others commit, also into a store in place of its own") {
  World world("sqlite");
  auto writer = world.open();
  REQUIRE(writer);
  auto reader = world.open(Role::reader);
  REQUIRE(reader);
  CHECK_FALSE((*reader)->change_mark());  // nobody has read
  CHECK(shown(**reader, "bob").empty());
  const auto before = (*reader)->change_mark();
  REQUIRE(before);
  REQUIRE(put_one(**writer, delivery(world.clock.now(), {"bob"})));
  const auto after = (*reader)->change_mark();
  REQUIRE(after);
  CHECK(*after != *before);
  CHECK((*writer)->change_mark() == std::nullopt);  // nor here
  CHECK(shown(**writer, "bob").size() == 1);
  CHECK((*writer)->change_mark() == after);

  writer->reset();
  const std::string path = world.folder.path("mail.db");
  for (const char* each : {"", "-wal", "-shm"})
    if (std::filesystem::exists(path + each)) std::filesystem::rename(path + each, path + ".away" + each);
  writer = world.open();
  REQUIRE(writer);
  REQUIRE(put_one(**writer, delivery(world.clock.now(), {"eve"})));
  CHECK(shown(**reader, "eve").size() == 1);
  const auto another = (*reader)->change_mark();
  REQUIRE(another);
  REQUIRE(put_one(**writer, delivery(world.clock.now(), {"eve"})));
  CHECK((*reader)->change_mark() != another);
}
