/// special_networks_test.cc: the first and last address of a network, and those next to it.
#include "core/special_networks.h"

#include <catch2/catch.hpp>

using namespace maildrop;

namespace {

IpAddress address(std::string_view text) {
  INFO(text);
  const auto parsed = IpAddress::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("private addresses are somebody's own") {
  for (const char* text : {"0.0.0.0", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
                           "127.255.255.255", "169.254.1.1", "172.16.0.0", "172.31.255.255", "192.168.0.1", "::", "::1",
                           "fc00::1", "fdff::1", "fe80::1", "febf::1", "::ffff:10.0.0.1"}) {
    INFO(text);
    CHECK(is_private(address(text)));
    CHECK(is_reserved(address(text)));
  }
  for (const char* text :
       {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "192.167.255.255", "192.169.0.0", "192.0.2.1", "::2", "fec0::1", "2001:db8::1", "2600::1"}) {
    INFO(text);
    CHECK_FALSE(is_private(address(text)));
  }
}

TEST_CASE("reserved addresses are nobody's") {
  for (const char* text :
       {"192.0.0.0",       "192.0.0.255",  "192.0.2.255",       "192.88.99.1", "198.18.0.0",       "198.19.255.255",
        "198.51.100.1",    "203.0.113.1",  "224.0.0.1",         "240.0.0.1",   "255.255.255.255",  "::2",
        "100::1",          "64:ff9b:1::1", "64:ff9b::10.0.0.1", "2001::1",     "2001:1ff:ffff::1", "2001:db8::1",
        "2002:808:808::1", "3fff::1",      "3fff:fff::1",       "4000::1",     "5f00::1",          "fec0::1",
        "ff02::1"}) {
    INFO(text);
    CHECK(is_reserved(address(text)));
  }
}

TEST_CASE("hosts have other addresses") {
  for (const char* text : {"1.1.1.1", "192.0.1.255", "192.0.3.0", "192.88.98.1", "198.17.255.255", "198.20.0.0",
                           "203.0.112.255", "203.0.114.0", "223.255.255.255", "2000::1", "2001:200::1", "2001:db7::1",
                           "2001:db9::1", "2003::1", "3fff:1000::1", "2a00::1", "64:ff9b::8.8.8.8"}) {
    INFO(text);
    CHECK_FALSE(is_reserved(address(text)));
  }
}
