/// place_list_test.cc: where networks are by the operator's own word.
#include "filter/place_list.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("an operator says where networks are") {
  const auto list =
      PlaceList::parse({"192.0.2.128/25=", "192.0.2.0/24=NL+AS64500+drop", "2001:db8::/32=anycast+proxy+satellite"});
  REQUIRE(list);
  const auto at = [&](std::string_view address) { return (*list)->lookup(*IpAddress::parse(address)); };
  const Place one = at("192.0.2.1");
  CHECK(one.country == "NL");
  CHECK(one.asn == 64500);
  CHECK(one.drop);
  CHECK_FALSE(at("192.0.2.200").is_known());  // the first that holds it counts
  const Place six = at("2001:db8::1");
  CHECK((six.anycast && six.proxy && six.satellite));
  CHECK_FALSE(at("198.51.100.1").is_known());
}

TEST_CASE("an operator's word that cannot be read is told") {
  for (const char* text :
       {"192.0.2.0/24", "NL=192.0.2.0/24", "192.0.2.0/24=nl", "192.0.2.0/24=AS0", "192.0.2.0/24=AS4294967296",
        "192.0.2.0/24=AS1x", "192.0.2.0/24=NL DE", "192.0.2.0/24=NL+", "192.0.2.0/24=+NL", "=NL"}) {
    INFO(text);
    const auto list = PlaceList::parse({text});
    REQUIRE_FALSE(list);
    CHECK(list.error().code == Code::invalid);
  }
}
