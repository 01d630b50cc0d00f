/// place_mmdb_test.cc: databases of MaxMind's format: the names that makers give, and damaged ones.
#include <catch2/catch.hpp>

#include "filter/place_database.h"
#include "place_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

Place at(const PlaceDatabase& database, std::string_view address) {
  return database.lookup(*IpAddress::parse(address));
}

Mmdb small_database() {
  Mmdb made;
  made.put("192.0.2.0", 24,
           Mmdb::map({{"country", Mmdb::map({{"iso_code", Mmdb::text("NL")}})},
                      {"traits", Mmdb::map({{"is_anycast", Mmdb::boolean(true)},
                                            {"is_satellite_provider", Mmdb::boolean(true)}})}}));
  made.put("198.51.100.0", 24, Mmdb::map({{"country_code", Mmdb::text("DE")}}));
  made.put("2001:db8::", 32,
           Mmdb::map({{"autonomous_system_number", Mmdb::number(4200000000u)},
                      {"autonomous_system_organization", Mmdb::text(std::string(200, 'x'))}}));
  return made;
}

}  // namespace

TEST_CASE("a database of MaxMind's format tells where addresses are") {
  const PlaceFile file("one.mmdb", small_database().bytes(1'700'000'000));
  const auto database = open_place_file(file.path());
  REQUIRE(database);
  const Place one = at(**database, "192.0.2.77");
  CHECK(one.country == "NL");
  CHECK((one.anycast && one.satellite));
  CHECK_FALSE((one.proxy || one.drop));
  CHECK(one.asn == 0);
  CHECK(at(**database, "198.51.100.1").country == "DE");
  const Place six = at(**database, "2001:db8::1");
  CHECK(six.asn == 4200000000u);
  CHECK(six.as_name == std::string(Place::kMostName, 'x'));
  CHECK_FALSE(at(**database, "203.0.113.1").is_known());
  CHECK_FALSE(at(**database, "2001:db9::1").is_known());
  CHECK((*database)->made() == Time(std::chrono::seconds(1'700'000'000)));
}

TEST_CASE("what a database of MaxMind's format has in another form is not known") {
  Mmdb made;
  made.put("192.0.2.0", 25, Mmdb::map({{"country", Mmdb::text("NL")}, {"country_code", Mmdb::text("nl")}}));
  made.put("192.0.2.128", 25,
           Mmdb::map({{"autonomous_system_number", Mmdb::text("64500")},
                      {"autonomous_system_organization", Mmdb::text("Nobody")}}));
  made.put("198.51.100.0", 24, Mmdb::text("NL"));
  const PlaceFile file("odd.mmdb", made.bytes());
  const auto database = open_place_file(file.path());
  REQUIRE(database);
  for (const char* address : {"192.0.2.1", "192.0.2.129", "198.51.100.1"}) {
    INFO(address);
    const Place place = at(**database, address);
    CHECK_FALSE(place.is_known());
    CHECK(place.as_name.empty());
  }
}

TEST_CASE("a damaged database of MaxMind's format is refused, or knows nothing") {
  const std::string whole = small_database().bytes();
  for (std::size_t size = 0; size<whole.size(); size += size + 400> whole.size() ? 1 : 41) {
    INFO(size);
    const PlaceFile file("cut.mmdb", whole.substr(0, size));
    CHECK_FALSE(open_place_file(file.path()));
  }
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    INFO(i);
    std::string bent = whole;
    bent[i] = static_cast<char>(bent[i] ^ 0xff);
    const PlaceFile file("bent.mmdb", bent);
    const auto database = open_place_file(file.path());
    if (!database) continue;
    for (const char* address : {"192.0.2.1", "198.51.100.1", "2001:db8::1", "203.0.113.1"}) at(**database, address);
  }
}
