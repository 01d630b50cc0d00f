/// admission_test.cc: caps in total and per source.
#include "service/admission.h"

#include <array>
#include <catch2/catch.hpp>

using namespace maildrop;
using service::Admission;
using Answer = Admission::Answer;

namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

}  // namespace

TEST_CASE("the total cap holds for everybody") {
  Admission admission({.total = 2, .per_ipv4 = 10, .per_ipv6_64 = 10, .exempt = {*Network::parse("127.0.0.0/8")}});
  CHECK(admission.enter(ip("127.0.0.1")) == Answer::admitted);
  CHECK(admission.enter(ip("192.0.2.1")) == Answer::admitted);
  CHECK(admission.enter(ip("127.0.0.1")) == Answer::full);
  admission.leave(ip("192.0.2.1"));
  CHECK(admission.enter(ip("198.51.100.1")) == Answer::admitted);
  CHECK(admission.count() == 2);
}

TEST_CASE("a source is an IPv4 address or an IPv6 /64") {
  struct Row {
    const char* first;
    const char* second;
    Answer wanted;
  };
  const Row rows[] = {
      {"192.0.2.1", "192.0.2.1", Answer::source_full},
      {"192.0.2.1", "192.0.2.2", Answer::admitted},
      {"192.0.2.1", "::ffff:192.0.2.1", Answer::source_full},
      {"2001:db8::1", "2001:db8::2", Answer::source_full},
      {"2001:db8::1", "2001:db8:0:1::1", Answer::admitted},
      {"203.0.113.9", "203.0.113.9", Answer::admitted},  // exempt
  };
  for (const Row& row : rows) {
    INFO(row.first << " then " << row.second);
    Admission admission({.total = 9, .per_ipv4 = 1, .per_ipv6_64 = 1, .exempt = {*Network::parse("203.0.113.0/24")}});
    REQUIRE(admission.enter(ip(row.first)) == Answer::admitted);
    CHECK(admission.enter(ip(row.second)) == row.wanted);
  }
}

TEST_CASE("peers of unix sockets are no source, and are given back as they were counted") {
  Admission admission({.total = 3, .per_ipv4 = 1, .per_ipv6_64 = 1, .exempt = {}});
  for (int i = 0; i < 3; ++i) CHECK(admission.enter(IpAddress()) == Answer::admitted);
  CHECK(admission.enter(IpAddress()) == Answer::full);
  for (int i = 0; i < 3; ++i) admission.leave(IpAddress());
  CHECK(admission.count() == 0);
  CHECK(admission.enter(ip("192.0.2.1")) == Answer::admitted);
}

TEST_CASE("a place that was left can be taken again, and new limits count from then on") {
  Admission admission({.total = 9, .per_ipv4 = 1, .per_ipv6_64 = 1, .exempt = {}});
  const IpAddress peer = ip("192.0.2.1");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(admission.enter(peer) == Answer::admitted);
    REQUIRE(admission.enter(peer) == Answer::source_full);
    admission.leave(peer);
  }
  admission.apply({.total = 9, .per_ipv4 = 2, .per_ipv6_64 = 1, .exempt = {}});
  CHECK(admission.enter(peer) == Answer::admitted);
  CHECK(admission.enter(peer) == Answer::admitted);
  CHECK(admission.enter(peer) == Answer::source_full);
}

TEST_CASE("who turns out to be somebody else is counted as that, or stays where he was") {
  Admission admission({.total = 3, .per_ipv4 = 1, .per_ipv6_64 = 1, .exempt = {}});
  const IpAddress first = ip("192.0.2.1"), second = ip("192.0.2.2");
  REQUIRE(admission.enter(first) == Answer::admitted);
  CHECK(admission.move(first, first) == Answer::admitted);
  CHECK(admission.move(first, second) == Answer::admitted);
  CHECK(admission.count() == 1);
  REQUIRE(admission.enter(first) == Answer::admitted);
  CHECK(admission.move(first, second) == Answer::source_full);
  CHECK(admission.enter(first) == Answer::source_full);  // still counted there
  CHECK(admission.move(first, IpAddress()) == Answer::admitted);
  REQUIRE(admission.enter(first) == Answer::admitted);
  CHECK(admission.enter(ip("192.0.2.3")) == Answer::full);
  CHECK(admission.move(first, ip("192.0.2.3")) == Answer::admitted);  // takes no seat in all
  for (const IpAddress& each : {second, IpAddress(), ip("192.0.2.3")}) admission.leave(each);
  CHECK(admission.count() == 0);
}

TEST_CASE("the network around a source has a cap, too") {
  for (const auto& [first, second, third, other] :
       {std::array{"192.0.2.1", "192.0.2.77", "192.0.2.255", "192.0.3.1"},
        std::array{"2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:ffff::1", "2001:db8:1::1"}}) {
    INFO(first);
    Admission admission(
        {.total = 9, .per_ipv4 = 2, .per_ipv6_64 = 2, .per_ipv4_24 = 2, .per_ipv6_48 = 2, .exempt = {}});
    REQUIRE(admission.enter(ip(first)) == Answer::admitted);
    REQUIRE(admission.enter(ip(second)) == Answer::admitted);
    CHECK(admission.enter(ip(third)) == Answer::source_full);
    CHECK(admission.enter(ip(other)) == Answer::admitted);
    admission.leave(ip(second));
    CHECK(admission.enter(ip(third)) == Answer::admitted);
  }
}

TEST_CASE("when seats are few, the source with most of them is told, unless the newcomer has as many") {
  Admission admission({.total = 32, .per_ipv4 = 50, .per_ipv6_64 = 50, .exempt = {*Network::parse("203.0.113.0/24")}});
  const IpAddress most = ip("192.0.2.1"), some = ip("192.0.2.2"), newcomer = ip("192.0.2.3");
  for (int i = 0; i < 12; ++i) REQUIRE(admission.enter(ip("203.0.113.1")) == Answer::admitted);  // exempt
  for (int i = 0; i < 10; ++i) REQUIRE(admission.enter(most) == Answer::admitted);
  REQUIRE(admission.enter(newcomer) == Answer::admitted);
  CHECK_FALSE(admission.scarce());
  CHECK_FALSE(admission.crowding(newcomer));
  admission.enter(some);
  CHECK(admission.scarce());  // 24 of 32
  for (int i = 0; i < 6; ++i) REQUIRE(admission.enter(some) == Answer::admitted);
  CHECK(admission.count() == 30);
  CHECK(admission.crowding(newcomer) == most);
  CHECK_FALSE(admission.crowding(most));
  CHECK(admission.crowding(IpAddress()) == most);  // who is trusted is no source, and has a seat made, too
  for (int i = 0; i < 9; ++i) admission.leave(most);
  for (int i = 0; i < 9; ++i) REQUIRE(admission.enter(some) == Answer::admitted);
  CHECK(admission.crowding(newcomer) == some);
  admission.leave(some);
  admission.leave(some);
  CHECK_FALSE(admission.crowding(newcomer));  // seats enough
}

TEST_CASE("the loopback address is a source, though its /64 is that of no source") {
  Admission admission({.total = 9, .per_ipv4 = 1, .per_ipv6_64 = 1, .exempt = {}});
  REQUIRE(admission.enter(ip("::1")) == Answer::admitted);
  CHECK(admission.enter(ip("::1")) == Answer::source_full);
  CHECK(admission.move(ip("::1"), IpAddress()) == Answer::admitted);
  CHECK(admission.enter(ip("::1")) == Answer::admitted);
}

TEST_CASE("sources that have as many as each other cannot fill the house") {
  Admission admission({.total = 64, .per_ipv4 = 50, .per_ipv6_64 = 50, .exempt = {}});
  const IpAddress rivals[] = {ip("192.0.2.1"), ip("192.0.2.2"), ip("192.0.2.3")};
  for (bool seated = true; seated;) {
    seated = false;
    for (const IpAddress& rival : rivals) seated |= admission.enter(rival) == Answer::admitted;
  }
  CHECK(admission.count() <= 61);
  const IpAddress newcomer = ip("198.51.100.1");
  CHECK(admission.enter(newcomer) == Answer::admitted);
  REQUIRE(admission.crowding(newcomer));
  admission.leave(*admission.crowding(newcomer));
  CHECK(admission.enter(IpAddress()) == Answer::admitted);  // trusted
}

TEST_CASE("the very last seats are for those who have none") {
  Admission admission({.total = 64, .per_ipv4 = 90, .per_ipv6_64 = 50, .exempt = {}});
  const IpAddress most = ip("192.0.2.1"), rival = ip("192.0.2.2");
  for (int i = 0; i < 59; ++i) REQUIRE(admission.enter(most) == Answer::admitted);
  // He is to be given seats of the one who has most, but those are not free yet.
  for (int i = 0; i < 3; ++i) REQUIRE(admission.enter(rival) == Answer::admitted);
  CHECK(admission.crowding(rival) == most);
  CHECK(admission.enter(rival) == Answer::full);
  CHECK(admission.enter(ip("198.51.100.1")) == Answer::admitted);
  CHECK(admission.enter(ip("198.51.100.2")) == Answer::admitted);
  CHECK(admission.enter(ip("198.51.100.3")) == Answer::full);
}

TEST_CASE("an operator sees who has most connections") {
  Admission admission({.total = 100, .per_ipv4 = 10, .per_ipv6_64 = 10, .exempt = {}});
  const auto enter = [&](const char* address, int times) {
    for (int i = 0; i < times; ++i) REQUIRE(admission.enter(*IpAddress::parse(address)) == Admission::Answer::admitted);
  };
  enter("192.0.2.1", 2);
  enter("2001:db8::1", 3);
  enter("192.0.2.9", 1);
  const auto found = admission.busiest(5);
  REQUIRE(found.size() == 2);
  CHECK((found[0].source.to_string() == "2001:db8::" && found[0].connections == 3));
  CHECK((found[1].source.to_string() == "192.0.2.1" && found[1].connections == 2));
  CHECK(admission.busiest(1).size() == 1);
  CHECK(admission.count(*IpAddress::parse("192.0.2.9")) == 1);
  CHECK(admission.count(*IpAddress::parse("192.0.2.8")) == 0);
}
