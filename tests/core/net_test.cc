/// net_test.cc: addresses, networks and endpoints.
#include "core/net.h"

#include <catch2/catch.hpp>

using namespace maildrop;

TEST_CASE("addresses compare by value, whatever their form") {
  CHECK(*IpAddress::parse("::ffff:192.0.2.1") == *IpAddress::parse("192.0.2.1"));
  CHECK(IpAddress::from_v4(0xC0000201).to_string() == "192.0.2.1");
  CHECK(IpAddress::parse("2001:DB8::1")->to_string() == "2001:db8::1");
  CHECK(IpAddress::parse("127.8.9.1")->is_loopback());
  CHECK(IpAddress::parse("::1")->is_loopback());
  CHECK_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
  for (const std::string& bad : {std::string(), std::string("1.2.3"), std::string("1.2.3.4 "), std::string("[::1]"),
                                 std::string("fe80::1%eth0"), std::string("1.2.3.4\0", 8), std::string(5000, '1')}) {
    CAPTURE(bad);
    CHECK_FALSE(IpAddress::parse(bad));
  }
}

TEST_CASE("a prefix counts from the start of the family") {
  CHECK(IpAddress::parse("192.0.2.129")->prefix(25).to_string() == "192.0.2.128");
  CHECK(IpAddress::parse("192.0.2.129")->prefix(0).to_string() == "0.0.0.0");
  CHECK(IpAddress::parse("2001:db8:1:2:3::1")->prefix(64).to_string() == "2001:db8:1:2::");
}

TEST_CASE("networks contain what they say and no more") {
  struct Row {
    const char *network, *address;
    bool inside;
  };
  const Row rows[] = {
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.0/24", "::ffff:192.0.2.7", true},
      {"::ffff:192.0.2.0/120", "192.0.2.7", true},
      {"2001:db8::1", "2001:db8::1", true},
      {"2001:db8::1", "2001:db8::2", false},
      {"0.0.0.0/0", "9.9.9.9", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "::1", true},
      {"::/0", "9.9.9.9", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.network, row.address);
    CHECK(Network::parse(row.network)->contains(*IpAddress::parse(row.address)) == row.inside);
  }
  for (const char* bad : {"", "/8", "192.0.2.0/", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/-1", "192.0.2.0/2x",
                          "example.org", "::ffff:0.0.0.0/90"}) {
    CAPTURE(bad);
    CHECK_FALSE(Network::parse(bad));
  }
}

TEST_CASE("bits beyond the prefix are an error with a hint") {
  const auto network = Network::parse("192.0.2.1/24");
  REQUIRE_FALSE(network);
  CHECK_THAT(network.error().what, Catch::Contains("did you mean '192.0.2.0/24'"));
}

TEST_CASE("endpoints read and write back") {
  for (const char* good :
       {"127.0.0.1:2525", "[::1]:2525", "*:25", "unix:/run/x.sock", "fd:smtp", "fd:smtp?", "0.0.0.0:0"}) {
    CAPTURE(good);
    REQUIRE(Endpoint::parse(good));
    CHECK(Endpoint::parse(good)->to_string() == good);
  }
  CHECK(Endpoint::parse(":25")->to_string() == "*:25");
  for (const char* bad : {"", "25", "::1:25", "[127.0.0.1]:25", "localhost:25", "1.2.3.4:", "1.2.3.4:65536",
                          "1.2.3.4:-1", "[::1]", "unix:", "unix:x.sock", "fd:", "fd:?", "fd:a:b"}) {
    CAPTURE(bad);
    CHECK_FALSE(Endpoint::parse(bad));
  }
  CHECK_FALSE(Endpoint::parse("unix:/" + std::string(107, 'x')));
}

TEST_CASE("a source is an address or a /64, a network what is around it") {
  const auto ip = [](const char* text) { return *IpAddress::parse(text); };
  CHECK(ip("192.0.2.77").source() == ip("192.0.2.77"));
  CHECK(ip("192.0.2.77").network() == ip("192.0.2.0"));
  CHECK(ip("2001:db8:1:2:3::4").source() == ip("2001:db8:1:2::"));
  CHECK(ip("2001:db8:1:2:3::4").network() == ip("2001:db8:1::"));
  CHECK(ip("::1").source() == ip("::1"));
}
