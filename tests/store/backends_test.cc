/// backends_test.cc: a store is found by the scheme of its URL.
#include "store/backends.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::store;

TEST_CASE("each backend has a scheme, a summary and both ways in") {
  REQUIRE(backends().size() >= 2);
  for (const BackendKind* kind : backends()) {
    CHECK_FALSE(kind->scheme.empty());
    CHECK_FALSE(kind->summary.empty());
    CHECK(kind->open);
    CHECK(kind->check);
    CHECK(kind->feed);
    CHECK(kind->ledger);
  }
}

TEST_CASE("an unknown scheme is refused with the nearest one") {
  const SystemClock clock;
  const auto store = open_store(open_options({}, "sqlit:/tmp/x.db", clock));
  REQUIRE_FALSE(store);
  CHECK(store.error().code == Code::invalid);
  CHECK(store.error().what.find("sqlite") != std::string::npos);
  CHECK_FALSE(open_store(open_options({}, "", clock)));
  CHECK_FALSE(open_feed(open_options({}, "nothing:", clock)));
}

TEST_CASE("a reader finds no store where there is none, and makes none") {
  const SystemClock clock;
  const auto store = open_store(open_options({}, "sqlite:/tmp/maildrop-no-such-folder/mail.db", clock));
  REQUIRE_FALSE(store);
  CHECK(store.error().code == Code::not_found);
}
