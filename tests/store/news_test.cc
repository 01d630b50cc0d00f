/// news_test.cc: what is told, and what is too much to be told one by one.
#include "store/news.h"

#include <catch2/catch.hpp>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using maildrop::store::test::concerns;

namespace {

const std::string kBob = "bob", kEve = "eve";

}  // namespace

TEST_CASE("marks are those of FNV-1a") {  // stores have them
  CHECK(news_mark("") == 0x811C9DC5);
  CHECK(news_mark("a") == 0xE40C292C);
  CHECK(news_mark("foobar") == 0xBF9CF968);
}

TEST_CASE("news of one inbox concerns no other") {
  Changes changes;
  CHECK(changes.since(0).empty());
  changes.add("bob");
  CHECK(changes.count() == 1);
  CHECK_FALSE(changes.since(0).empty());
  CHECK(concerns(changes.since(0), kBob));
  CHECK_FALSE(concerns(changes.since(0), kEve));
  CHECK(changes.since(1).empty());
  changes.add("eve");
  CHECK(changes.since(0).marks() == std::vector{news_mark("bob"), news_mark("eve")});
  CHECK(changes.since(1).marks() == std::vector{news_mark("eve")});
}

TEST_CASE("more changes than are kept are news of all") {
  Changes changes;
  for (std::size_t i = 0; i < Changes::kKept + 1; ++i) changes.add(std::to_string(i));
  CHECK(changes.marks().size() == Changes::kKept * 4);
  CHECK_FALSE(changes.since(1).of_all());
  CHECK(changes.since(1).marks().front() == news_mark("1"));
  CHECK(changes.since(0).of_all());
  CHECK(concerns(changes.since(0), kEve));
  CHECK(changes.since(0).marks().empty());
}

TEST_CASE("more news than one by one are news of all") {
  News news;
  for (std::size_t i = 0; i < News::kMost; ++i) news.add(1);
  CHECK_FALSE(news.of_all());
  CHECK_FALSE(concerns(news, kEve));
  news.add(2);
  CHECK(news.of_all());
  CHECK(concerns(news, kEve));
  news.add(3);
  CHECK(news.marks().empty());
}

TEST_CASE("a count that never was, and marks that are none, are news of all") {
  Changes changes;
  changes.add("bob");
  CHECK(changes.since(2).of_all());
  const Changes kept(changes.count(), changes.marks());
  CHECK(kept.since(0).marks() == changes.since(0).marks());
  CHECK(Changes(1, "12345").since(0).of_all());
  CHECK(Changes(1, std::string(Changes::kKept * 4 + 4, 'x')).since(0).of_all());
  CHECK(Changes(5, "").since(4).of_all());
}
