/// socket_address_test.cc: there and back.
#include "core/socket_address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

using namespace maildrop;

TEST_CASE("an IP address comes back from its socket address as it was") {
  const struct {
    const char* text;
    int family;
    socklen_t size;
  } cases[] = {{"192.0.2.1", AF_INET, sizeof(sockaddr_in)},
               {"0.0.0.0", AF_INET, sizeof(sockaddr_in)},
               {"2001:db8::1", AF_INET6, sizeof(sockaddr_in6)},
               {"::", AF_INET6, sizeof(sockaddr_in6)}};
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const IpAddress address = *IpAddress::parse(each.text);
    const SocketAddress made = socket_address(address, 2525);
    CHECK(made.family() == each.family);
    CHECK(made.size == each.size);
    CHECK(ip_address(made.get()) == address);
    CHECK(ip_port(made.get()) == 2525);
  }
}

TEST_CASE("the network's order is that of its bytes") {
  const SocketAddress made = socket_address(*IpAddress::parse("192.0.2.1"), 0x0102);
  sockaddr_in v4{};
  std::memcpy(&v4, made.get(), sizeof v4);
  CHECK(std::memcmp(&v4.sin_addr, "\xC0\x00\x02\x01", 4) == 0);
  CHECK(std::memcmp(&v4.sin_port, "\x01\x02", 2) == 0);
}

TEST_CASE("a mapped address is one of IPv4, wherever it comes from") {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, IpAddress::parse("192.0.2.1")->bytes().data(), 16);
  CHECK(ip_address(reinterpret_cast<const sockaddr*>(&v6)) == *IpAddress::parse("192.0.2.1"));
}

TEST_CASE("a unix socket has its path, and no address") {
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::unix_path;
  endpoint.path = "/" + std::string(106, 'x');
  const Result<SocketAddress> made = socket_address(endpoint);
  REQUIRE(made);
  sockaddr_un un{};
  std::memcpy(&un, made->get(), sizeof un);
  CHECK(un.sun_path == endpoint.path);
  CHECK_FALSE(ip_address(made->get()));
  CHECK(ip_port(made->get()) == 0);
  endpoint.path += "x";
  CHECK(socket_address(endpoint).error().code == Code::invalid);
}
