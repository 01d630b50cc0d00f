/// place_database_test.cc: what several sources know together, and files that are not there.
#include "filter/place_database.h"

#include <catch2/catch.hpp>

#include "place_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

TEST_CASE("what the first source knows counts") {
  Mmdb countries;
  countries.put("192.0.2.0", 24, Mmdb::map({{"country_code", Mmdb::text("DE")}}));
  Mmdb systems;
  systems.put("192.0.2.0", 24,
              Mmdb::map({{"autonomous_system_number", Mmdb::number(64500)},
                         {"autonomous_system_organization", Mmdb::text("Example")}}));
  const PlaceFile one("countries.mmdb", countries.bytes()), two("systems.mmdb", systems.bytes());
  PlaceFilter settings;
  settings.files = {one.path(), two.path()};
  const auto at = [&] {
    std::vector<FileProblem> problems;
    const auto places = open_places(settings, problems);
    REQUIRE(places);
    return look_up(*places, *IpAddress::parse("192.0.2.1"));
  };
  CHECK(at().country == "DE");
  CHECK(at().asn == 64500);
  CHECK(at().as_name == "Example");
  settings.networks = {"192.0.2.1=NL+AS64501+drop"};
  CHECK(at().country == "NL");
  CHECK(at().asn == 64501);
  CHECK(at().as_name.empty());  // that of another number is not taken
  CHECK(at().drop);
  settings.networks = {"192.0.2.1=NL+AS64500"};
  CHECK(at().as_name == "Example");
}

TEST_CASE("a file that is named and cannot be used is an error") {
  const auto wrong = [](const std::string& path) {
    PlaceFilter settings;
    settings.files = {path};
    std::vector<FileProblem> problems;
    const auto places = open_places(settings, problems);
    REQUIRE_FALSE(places);
    CHECK(problems.empty());
    return places.error();
  };
  CHECK(wrong("/nonexistent/place.mmdb").what ==
        "files: cannot read '/nonexistent/place.mmdb': No such file or directory");
  CHECK(wrong("/nonexistent/place.mmdb").code == Code::unavailable);
  CHECK(wrong("/").code == Code::unavailable);
  const PlaceFile empty("empty"), text("text", "LOCDBXX, and no more");
  CHECK(wrong(empty.path()).code == Code::unavailable);  // nothing can be mapped
  CHECK(wrong(text.path()).code == Code::corrupt);
}

TEST_CASE("a file that nobody named and cannot be used is told of, and the others count") {
  PlaceFilter settings;
  settings.networks = {"192.0.2.1=NL"};
  std::vector<FileProblem> problems;
  const auto usual = [&](const std::string& path) {
    problems.clear();
    const auto places = open_places(settings, problems, path);
    REQUIRE(places);
    CHECK(look_up(*places, *IpAddress::parse("192.0.2.1")).country == "NL");
    return places->size();
  };
  CHECK((usual("/nonexistent/location.db") == 1 && problems.empty()));
  const PlaceFile text("text", "LOCDBXX, and no more");
  CHECK(usual(text.path()) == 1);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].file == text.path());
  CHECK_THAT(problems[0].what, Catch::Contains("cannot use '" + text.path() + "': "));
}
