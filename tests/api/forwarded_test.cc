/// forwarded_test.cc: whom proxies name, and who only says that he is one.
#include "api/forwarded.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop;
using namespace maildrop::api;
using Field = ApiSettings::ProxyField;

namespace {

const Network kProxies[] = {*Network::parse("10.0.0.0/8"), *Network::parse("fd00::/8"), *Network::parse("127.0.0.1")};

std::string client(std::string_view field, Field kind = Field::x_forwarded_for, const char* peer = "10.0.0.1") {
  return forwarded_client(*IpAddress::parse(peer), field, kind, kProxies).to_string();
}
std::string by_forwarded(std::string_view field) { return client(field, Field::forwarded); }

}  // namespace

TEST_CASE("a proxy of ours names its client, and others name nobody") {
  CHECK(client("192.0.2.1") == "192.0.2.1");
  CHECK(client("192.0.2.1", Field::x_forwarded_for, "127.0.0.1") == "192.0.2.1");
  CHECK(client("192.0.2.1", Field::x_forwarded_for, "203.0.113.9") == "203.0.113.9");
  CHECK(client("") == "10.0.0.1");
  CHECK(client(" \t") == "10.0.0.1");
}

TEST_CASE("what a client wrote himself stands on the left, and is not believed") {
  CHECK(client("198.51.100.7, 192.0.2.1") == "192.0.2.1");
  CHECK(client("127.0.0.1, 192.0.2.1") == "192.0.2.1");
  CHECK(client("192.0.2.1, 10.0.0.9") == "192.0.2.1");  // through two
  CHECK(client("192.0.2.1, 10.0.0.9,fd00::1 ") == "192.0.2.1");
  CHECK(client("10.0.0.8, 10.0.0.9") == "10.0.0.8");  // a client among our own
  CHECK(by_forwarded("for=198.51.100.7, for=192.0.2.1") == "192.0.2.1");
  CHECK(by_forwarded(R"(for="198.51.100.7, for=127.0.0.1", for=192.0.2.1)") == "192.0.2.1");
}

TEST_CASE("nodes in all their forms") {
  CHECK(client("192.0.2.1:8080") == "192.0.2.1");
  CHECK(client("2001:db8::1") == "2001:db8::1");
  CHECK(client("[2001:db8::1]") == "2001:db8::1");
  CHECK(client("[2001:db8::1]:8080") == "2001:db8::1");
  CHECK(by_forwarded("For=192.0.2.1;proto=https;by=203.0.113.43") == "192.0.2.1");
  CHECK(by_forwarded("proto=https; by=203.0.113.43; FOR=\"[2001:db8::1]:4711\"") == "2001:db8::1");
  CHECK(by_forwarded("for=192.0.2.1:80") == "192.0.2.1");
}

TEST_CASE("where a proxy names nobody, it is he who asks") {
  for (const char* text : {"unknown", "_hidden", "192.0.2.1, unknown", "1.2.3.4.5", "[2001:db8::1", "[::1]x", ",", "-"})
    CHECK(client(text) == "10.0.0.1");
  for (const char* text : {"for=unknown", "for=_hidden", "proto=https", "for=192.0.2.1, proto=https",
                           "for=", "for=\"192.0.2.1", "192.0.2.1", "for =192.0.2.1", "for=192.0.2.1,;"})
    CHECK(by_forwarded(text) == "10.0.0.1");
  CHECK(client("192.0.2.1, unknown, 10.0.0.9") == "10.0.0.9");
  CHECK(client(std::string(60'000, ',')) == "10.0.0.1");
  CHECK(by_forwarded(std::string(60'000, '"')) == "10.0.0.1");
}
