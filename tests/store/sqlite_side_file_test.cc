/// sqlite_side_file_test.cc: a file is made once, and put aside once. Damage of all kinds: sqlite_ledger_test.cc.
#include "store/sqlite_side_file.h"

#include <fstream>
#include <thread>

#include "store/ledger_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {
constexpr sqlite::SideFile kNumbers{"numbers", 7, 1, "CREATE TABLE number(n INTEGER);"};
}

TEST_CASE("sqlite side file: whoever comes first makes it, the others open that one") {
  const World world("sqlite");
  const std::string path = world.folder.path("x.ledger");
  CHECK(sqlite::identity_of(path) == sqlite::Identity{});
  std::vector<int> opened(4);
  std::vector<std::thread> threads;
  for (int& each : opened)
    threads.emplace_back([&] { each = sqlite::open_side_file(kNumbers, path, sqlite::FileUse::make) ? 1 : 0; });
  for (std::thread& each : threads) each.join();
  CHECK(opened == std::vector<int>{1, 1, 1, 1});
  const sqlite::Identity made = sqlite::identity_of(path);
  auto again = sqlite::open_side_file(kNumbers, path, sqlite::FileUse::make);
  REQUIRE(again);
  CHECK(again->number("SELECT count(*) FROM number") == 0);
  CHECK(sqlite::identity_of(path) == made);
}

TEST_CASE("sqlite side file: what is another file is not touched until it is put aside, and only once") {
  const World world("sqlite");
  const std::string path = world.folder.path("x.ledger");
  std::ofstream(path) << "not a database, and of some length";
  const sqlite::Identity seen = sqlite::identity_of(path);
  const auto opened = sqlite::open_side_file(kNumbers, path, sqlite::FileUse::make);
  REQUIRE_FALSE(opened);
  CHECK(sqlite::is_damage(opened.error()));
  CHECK(sqlite::identity_of(path) == seen);
  REQUIRE(sqlite::put_aside(kNumbers, path, seen, opened.error()));
  CHECK(sqlite::identity_of(path + ".damaged") == seen);
  const sqlite::Identity next = sqlite::identity_of(path);
  CHECK_FALSE(next == sqlite::Identity{});
  REQUIRE(sqlite::put_aside(kNumbers, path, seen, opened.error()));  // another process, which saw the same
  CHECK(sqlite::identity_of(path) == next);
  CHECK(sqlite::open_side_file(kNumbers, path, sqlite::FileUse::make));
}
