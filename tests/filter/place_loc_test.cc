/// place_loc_test.cc: databases of libloc: what is in them, and those that would end the process.
#include <thread>

#include "filter/place_database.h"
#include "filter/place_loc_check.h"
#include "loc_kit.h"
#include "place_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

std::string small_database() {
  LocWriter writer;
  writer.network("192.0.2.0/24", "NL", 64500);
  writer.network("192.0.2.128/25", "DE", 64501, LOC_NETWORK_FLAG_DROP | LOC_NETWORK_FLAG_ANYCAST);
  writer.network("2001:db8::/32", "FR", 64502, LOC_NETWORK_FLAG_ANONYMOUS_PROXY | LOC_NETWORK_FLAG_SATELLITE_PROVIDER);
  writer.system(64500, "EXAMPLE-NET");
  writer.system(64502, std::string(300, 'x').c_str());
  return writer.bytes();
}

Place at(const PlaceDatabase& database, std::string_view address) {
  return database.lookup(*IpAddress::parse(address));
}

void put_number(std::string& bytes, std::size_t where, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) bytes[where + i] = static_cast<char>(number >> (24 - 8 * i));
}
std::uint32_t number_in(const std::string& bytes, std::size_t where) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[where + i]);
  return number;
}

constexpr std::size_t kTreeOffsetAt = 44;
constexpr std::size_t kTreeLengthAt = 48;
constexpr std::size_t kPoolOffsetAt = 60;
constexpr std::size_t kPoolLengthAt = 64;
constexpr std::uint32_t kTree = 4200;  // behind the header

}  // namespace

TEST_CASE("a database of libloc tells where addresses are") {
  const PlaceFile file("loc.db", small_database());
  const auto database = open_place_file(file.path());
  REQUIRE(database);
  const Place one = at(**database, "192.0.2.1");
  CHECK(one.country == "NL");
  CHECK(one.asn == 64500);
  CHECK(one.as_name == "EXAMPLE-NET");
  CHECK_FALSE((one.drop || one.anycast || one.proxy || one.satellite));
  const Place two = at(**database, "192.0.2.200");
  CHECK(two.country == "DE");
  CHECK(two.as_name.empty());
  CHECK((two.drop && two.anycast));
  const Place three = at(**database, "2001:db8::1");
  CHECK((three.proxy && three.satellite));
  CHECK(three.as_name == std::string(Place::kMostName, 'x'));
  CHECK_FALSE(at(**database, "198.51.100.1").is_known());
  CHECK_FALSE(at(**database, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").is_known());
  CHECK((*database)->made() > Time(std::chrono::hours(24 * 365 * 50)));
}

TEST_CASE("several threads may ask one database of libloc") {
  const PlaceFile file("threads.db", small_database());
  const auto database = open_place_file(file.path());
  REQUIRE(database);
  std::vector<std::thread> threads;
  std::array<unsigned, 4> right{};
  constexpr unsigned kTimes = 2000;
  for (unsigned& count : right)
    threads.emplace_back([&] {
      for (unsigned i = 0; i < kTimes; ++i) count += at(**database, "192.0.2.1").as_name == "EXAMPLE-NET";
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::array<unsigned, 4>{kTimes, kTimes, kTimes, kTimes});
}

TEST_CASE("a database of libloc that was cut off anywhere is refused") {
  const std::string whole = small_database();
  const Result<void> sound = check_loc(whole);
  INFO((sound ? "" : sound.error().what));
  REQUIRE(sound);
  // What lies behind the last section is padding to whole pages.
  std::size_t end = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t at = 28 + 8 * i;
    end = std::max<std::size_t>(end, number_in(whole, at) + std::size_t{number_in(whole, at + 4)});
  }
  for (std::size_t size = 0; size < end; size += size < 4300 || size + 50 > end ? 1 : 97) {
    INFO(size);
    CHECK_FALSE(check_loc(whole.substr(0, size)));
  }
  const PlaceFile file("cut.db", whole.substr(0, end - 1));
  const auto opened = open_place_file(file.path());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::corrupt);
  CHECK(opened.error().what == "cannot use '" + file.path() + "': it is not whole");
}

TEST_CASE("a database of libloc whose tree or texts have no end is refused") {
  const std::string whole = small_database();
  const std::size_t tree = number_in(whole, kTreeOffsetAt);
  SECTION("the root leads to itself by a node below it") {
    std::string looped = whole;
    put_number(looped, tree + 12, 1);
    CHECK_FALSE(check_loc(looped));
  }
  SECTION("a node that is not there") {
    std::string beyond = whole;
    put_number(beyond, tree, 0xfffffff0u);
    CHECK_FALSE(check_loc(beyond));
  }
  SECTION("no root") {
    std::string empty = whole;
    put_number(empty, kTreeLengthAt, 0);
    CHECK_FALSE(check_loc(empty));
  }
  SECTION("a text without its end") {
    std::string open = whole;
    const std::size_t last = number_in(whole, kPoolOffsetAt) + std::size_t{number_in(whole, kPoolLengthAt)} - 1;
    REQUIRE(open[last] == '\0');
    open[last] = 'x';
    CHECK_FALSE(check_loc(open));
  }
  SECTION("a section beyond 4 GiB") {
    std::string far = whole;
    put_number(far, kPoolOffsetAt, 0xffffffffu);
    put_number(far, kPoolLengthAt, 0xffffffffu);
    CHECK_FALSE(check_loc(far));
  }
  SECTION("another version") {
    std::string other = whole;
    other[7] = 2;
    CHECK_FALSE(check_loc(other));
  }
}

TEST_CASE("the longest way in a tree of libloc is as long as an address") {
  // The root leads by zero to a way of `by_zero` nodes, and by one to a way of `by_one` that ends where that begins.
  const auto tree = [](std::uint32_t by_zero, std::uint32_t by_one) {
    const std::uint32_t nodes = 1 + by_zero + by_one;
    std::string bytes(kTree + 12 * std::size_t{nodes}, '\0');
    bytes.replace(0, 8, "LOCDBXX\x01");
    put_number(bytes, kTreeOffsetAt, kTree);
    put_number(bytes, kTreeLengthAt, 12 * nodes);
    const auto lead = [&](std::uint32_t from, unsigned bit, std::uint32_t to) {
      put_number(bytes, kTree + 12 * from + 4 * bit, to);
    };
    lead(0, 0, by_zero > 0 ? 1 : 0);
    for (std::uint32_t i = 1; i < by_zero; ++i) lead(i, 0, i + 1);
    if (by_one > 0) lead(0, 1, by_zero + 1);
    for (std::uint32_t i = by_zero + 1; i < nodes; ++i) lead(i, 1, i + 1 < nodes ? i + 1 : 1);
    return bytes;
  };
  CHECK(check_loc(tree(0, 0)));
  CHECK(check_loc(tree(128, 0)));
  CHECK_FALSE(check_loc(tree(129, 0)));
  CHECK(check_loc(tree(100, 28)));  // several may lead to one node
  CHECK_FALSE(check_loc(tree(100, 29)));
}

TEST_CASE("Debian's database of libloc is read, where it is installed") {
  const std::vector<std::string> files = place_files({});
  if (files.empty()) {
    WARN("libloc-database is not installed");
    return;
  }
  const auto database = open_place_file(files.front());
  REQUIRE(database);
  const Place place = at(**database, "192.87.0.1");  // SURFnet has it since 1990
  CHECK(place.country == "NL");
  CHECK(place.asn != 0);
  CHECK_FALSE(place.as_name.empty());
}
