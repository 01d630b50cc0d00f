/// reserved_test.cc: which names may be refused. What is found of recipients is in tests/filter/samples/reserved-*.
#include "filter/reserved.h"

#include <catch2/catch.hpp>

#include "filter/filters.h"

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("names that may be refused, as inboxes have them") {
  CHECK(refused_name("Root") == "root");
  CHECK(refused_name("\"Sales\"") == "sales");
  CHECK(refused_name("J\xC3\x9CRGEN") == "j\xC3\xBCrgen");
}

TEST_CASE("names that may not, or that nobody has") {
  for (const char* open : {"postmaster", "Abuse", "\"ABUSE\""})
    CHECK(refused_name(open).error().what ==
          "mail for '" + std::string(open) + "' is never refused (RFC 5321 4.5.1, RFC 2142 4)");
  CHECK(refused_name("root+x").error().what == "'root+x' would never match: names are compared without their +tag");
  for (const char* none : {"", "root@example.com", "-x", "a b", "*"}) {
    INFO(none);
    CHECK(refused_name(none).error().what == "'" + std::string(none) + "' is no local part");
  }
}

TEST_CASE("a list with such a name makes no filter") {
  Config config;
  config.filter.reserved.refuse = {"root", "postmaster"};
  for (const FilterKind& kind : filter_kinds())
    if (kind.name == "reserved") CHECK_FALSE(kind.make(config));
}
