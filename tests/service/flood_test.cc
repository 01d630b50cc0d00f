/// flood_test.cc: buckets by source and network, which fill with time and are bounded in number.
#include "service/flood.h"

#include <array>
#include <catch2/catch.hpp>

using namespace maildrop;
using namespace std::chrono_literals;
using service::Flood;
using Of = Flood::Of;

namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

/// How many of `most` tries succeed.
int taken(Flood& flood, const IpAddress& address, Of of, int most = 1000) {
  int count = 0;
  for (int i = 0; i < most; ++i) count += flood.take(address, of);
  return count;
}

constexpr service::FloodLimits kLimits{
    .connections = 10, .messages = 20, .recipients = 30, .errors = 6, .network_factor = 3, .records = 100};

}  // namespace

TEST_CASE("a source has a minute's worth of each kind, and gets it back in a minute") {
  FakeClock clock;
  Flood flood(clock, kLimits);
  const IpAddress peer = ip("192.0.2.1");
  CHECK(taken(flood, peer, Of::connection) == 10);
  CHECK(taken(flood, peer, Of::message) == 20);
  CHECK(taken(flood, peer, Of::recipient) == 30);
  CHECK(taken(flood, peer, Of::error) == 6);
  clock.advance(6s);
  CHECK(taken(flood, peer, Of::connection) == 1);
  CHECK(taken(flood, peer, Of::message) == 2);
  clock.advance(5s);
  CHECK(taken(flood, peer, Of::connection) == 0);  // nearly one
  clock.advance(1h);
  CHECK(taken(flood, peer, Of::connection) == 10);  // never more than a minute's worth
}

TEST_CASE("a source is an IPv4 address or an IPv6 /64, its network a /24 or a /48") {
  struct Row {
    const char* first;
    const char* same_source;
    const char* same_network;
    const char* other;
  };
  const Row rows[] = {
      {"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.255", "192.0.3.1"},
      {"2001:db8:0:1::1", "2001:db8:0:1:ffff::1", "2001:db8:0:ffff::1", "2001:db8:1:1::1"},
  };
  for (const Row& row : rows) {
    INFO(row.first);
    FakeClock clock;
    Flood flood(clock, kLimits);
    CHECK(taken(flood, ip(row.first), Of::connection) == 10);
    CHECK(taken(flood, ip(row.same_source), Of::connection) == 0);
    CHECK(taken(flood, ip(row.same_network), Of::connection) == 10);
    CHECK(taken(flood, ip(row.other), Of::connection) == 10);
  }
}

TEST_CASE("a network may do network_factor times what a source may, and one source cannot use that up") {
  FakeClock clock;
  Flood flood(clock, kLimits);
  CHECK(taken(flood, ip("192.0.2.1"), Of::message, 100'000) == 20);  // what it is refused is not its network's
  int all = 20;
  for (int i = 2; i < 10; ++i) all += taken(flood, ip("192.0.2." + std::to_string(i)), Of::message);
  CHECK(all == 60);
  CHECK(taken(flood, ip("192.0.3.1"), Of::message) == 20);
}

TEST_CASE("half of the errors make a suspect, all of them an outcast, for a while") {
  FakeClock clock;
  Flood flood(clock, kLimits);
  const IpAddress peer = ip("192.0.2.1"), neighbour = ip("192.0.2.2");
  CHECK_FALSE(flood.suspect(peer));
  taken(flood, peer, Of::error, 2);
  CHECK_FALSE(flood.suspect(peer));
  taken(flood, peer, Of::error, 1);
  CHECK(flood.suspect(peer));
  CHECK_FALSE(flood.outcast(peer));
  taken(flood, peer, Of::error, 3);
  CHECK(flood.outcast(peer));
  CHECK_FALSE(flood.suspect(neighbour));
  CHECK_FALSE(flood.outcast(neighbour));
  for (int i = 2; i < 5; ++i) taken(flood, ip("192.0.2." + std::to_string(i)), Of::error);
  CHECK(flood.outcast(ip("192.0.2.99")));  // the whole network
  clock.advance(10s);
  CHECK_FALSE(flood.outcast(peer));
  CHECK(flood.suspect(peer));
  clock.advance(1min);
  CHECK_FALSE(flood.suspect(peer));
}

TEST_CASE("0 is no limit, and no record either") {
  FakeClock clock;
  Flood flood(clock, {.records = 100});
  const IpAddress peer = ip("192.0.2.1");
  for (const Of of : {Of::connection, Of::message, Of::recipient, Of::error}) CHECK(taken(flood, peer, of) == 1000);
  CHECK_FALSE(flood.suspect(peer));
  CHECK_FALSE(flood.outcast(peer));
  CHECK(flood.size() == 0);
}

TEST_CASE("records are bounded, and the one unseen for longest goes first") {
  FakeClock clock;
  service::FloodLimits limits = kLimits;
  limits.records = 20;
  Flood flood(clock, limits);
  const IpAddress peer = ip("192.0.2.1");
  taken(flood, peer, Of::connection);
  for (int i = 0; i < 1000; ++i) {
    flood.take(IpAddress::from_v4(0x0a000000U + static_cast<std::uint32_t>(i) * 256), Of::connection);
    CHECK(flood.size() <= 20);
    if (i % 4 == 0) CHECK_FALSE(flood.take(peer, Of::connection));  // was seen, so is known
  }
  for (int i = 0; i < 1000; ++i)
    flood.take(IpAddress::from_v4(0x0b000000U + static_cast<std::uint32_t>(i) * 256), Of::connection);
  CHECK(flood.take(peer, Of::connection));
  limits.records = 4;
  flood.apply(limits);
  CHECK(flood.size() == 4);
}

TEST_CASE("new limits hold at once for who is known") {
  FakeClock clock;
  Flood flood(clock, kLimits);
  const IpAddress peer = ip("192.0.2.1");
  CHECK(taken(flood, peer, Of::connection) == 10);
  service::FloodLimits more = kLimits;
  more.connections = 15;
  flood.apply(more);
  CHECK(taken(flood, peer, Of::connection) == 5);
}

TEST_CASE("who comes from ever new addresses of a network leaves no records behind when it has had enough") {
  FakeClock clock;
  Flood flood(clock, kLimits);
  taken(flood, ip("203.0.113.1"), Of::error);
  REQUIRE(flood.outcast(ip("203.0.113.1")));
  for (int i = 0; i < 5000; ++i) {
    std::array<std::uint8_t, 16> bytes{
        0x20, 0x01, 0x0d, 0xb8, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    flood.take(IpAddress::from_v6(bytes), Of::connection);
  }
  CHECK(flood.size() < 40);
  CHECK(flood.outcast(ip("203.0.113.1")));
}

namespace {

constexpr unsigned kNone = 1000;  // is never spent

/// What untold() says of the sources' messages, added up.
float untold(Flood& flood, std::size_t most = 100) {
  float tokens = 0;
  for (const Flood::Spending& told : flood.untold(most))
    if (!told.network && told.of == Of::message) tokens += told.tokens;
  return tokens;
}

service::FloodLimits shared(unsigned messages) {
  return {.messages = messages, .network_factor = kNone, .records = 100'000, .shared = true};
}

}  // namespace

TEST_CASE("shared buckets: what was taken is told once, when a sixteenth is gone, and less what has come back") {
  FakeClock clock;
  Flood flood(clock, shared(32));
  const IpAddress peer = ip("192.0.2.1");
  taken(flood, peer, Of::message, 1);
  CHECK(untold(flood) == 0);
  taken(flood, peer, Of::message, 1);
  CHECK(untold(flood) == 2);
  CHECK(untold(flood) == 0);
  taken(flood, peer, Of::message, 3);
  CHECK(untold(flood) == 3);
  taken(flood, peer, Of::message, 10);
  clock.advance(30s);  // 16 come back, of the 15 that are missing
  CHECK(untold(flood) == 0);
  clock.advance(1min);
  CHECK(taken(flood, peer, Of::message) == 32);
  clock.advance(15s);
  CHECK(untold(flood) == 24);

  taken(flood, peer, Of::message, 4);
  flood.apply({.messages = 32, .network_factor = kNone, .records = 100});
  CHECK(untold(flood) == 0);
  taken(flood, peer, Of::message, 4);
  flood.apply(shared(32));
  CHECK(untold(flood) == 0);  // nobody kept count
}

TEST_CASE("shared buckets: both of a taker are told, a network where it is worth it") {
  FakeClock clock;
  Flood flood(clock, {.messages = 32, .network_factor = 2, .records = 100, .shared = true});
  taken(flood, ip("192.0.2.1"), Of::message, 4);
  const std::vector<Flood::Spending> told = flood.untold(100);
  REQUIRE(told.size() == 2);
  CHECK((told[0].prefix == ip("192.0.2.1") && !told[0].network && told[0].tokens == 4 && told[0].per_minute == 32));
  CHECK((told[1].prefix == ip("192.0.2.0") && told[1].network && told[1].tokens == 4 && told[1].per_minute == 64));
}

TEST_CASE("shared buckets: what others took is missing here, up to two buckets, and comes back") {
  FakeClock clock;
  Flood flood(clock, shared(32));
  const IpAddress peer = ip("192.0.2.1");
  taken(flood, peer, Of::message, 2);
  const Flood::Spending told = flood.untold(1).at(0);
  taken(flood, peer, Of::message, 3);
  flood.hear(told, 20);
  CHECK(taken(flood, peer, Of::message) == 9);  // 20 of all, and 3 that they do not know of
  flood.hear(told, 10);                         // is old news
  CHECK(taken(flood, peer, Of::message) == 0);
  flood.hear(told, 64);
  clock.advance(59s);
  CHECK(taken(flood, peer, Of::message) == 0);  // 32 were owed
  clock.advance(3s);
  CHECK(taken(flood, peer, Of::message) == 1);
  flood.hear({ip("198.51.100.1"), false, Of::message, 1, 32}, 32);  // forgotten meanwhile
  CHECK(taken(flood, ip("198.51.100.1"), Of::message) == 32);
}

TEST_CASE("shared buckets: so many are told at once, and no more wait than there is room for") {
  FakeClock clock;
  service::FloodLimits limits = shared(4);
  limits.network_factor = 1000;
  Flood flood(clock, limits);
  const auto peer = [](unsigned n) { return IpAddress::from_v4(0x0a000000U + n); };
  for (unsigned n = 0; n < 25; ++n) flood.take(peer(n), Of::message);
  CHECK(untold(flood, 10) == 10);
  CHECK(untold(flood, 10) == 10);
  CHECK(untold(flood, 10) == 5);
  for (unsigned n = 0; n < 12'000; ++n) flood.take(peer(n), Of::message);
  CHECK(flood.untold(100'000).size() == 10'000);
  flood.take(peer(11'999), Of::message);
  CHECK(untold(flood) == 2);  // the one before that found no room, too
  limits.records = 2;
  flood.take(peer(1), Of::message);
  flood.apply(limits);  // who is forgotten is not told of
  CHECK(untold(flood) <= 1);
}

TEST_CASE("an operator sees who does most, and lets him in again") {
  FakeClock clock;
  Flood flood(clock, kLimits);
  const IpAddress worst = ip("192.0.2.1"), other = ip("2001:db8::1");
  CHECK_FALSE(flood.standing(worst, false));
  CHECK(flood.size() == 0);  // to look is no visit
  taken(flood, other, Of::message, 5);
  taken(flood, worst, Of::error);
  const auto found = flood.busiest(2);
  REQUIRE(found.size() == 2);
  CHECK((found[0].prefix == worst && !found[0].network && found[0].outcast));
  CHECK(found[0].used[static_cast<std::size_t>(Of::error)] == 6);
  CHECK(found[0].limit[static_cast<std::size_t>(Of::error)] == 6);
  CHECK((found[1].prefix == ip("192.0.2.0") && found[1].network && !found[1].outcast));
  CHECK(flood.busiest(100).size() == 4);
  CHECK(flood.standing(other, true)->limit[static_cast<std::size_t>(Of::message)] == 60);
  flood.forgive(worst);
  CHECK_FALSE(flood.outcast(worst));
  CHECK_FALSE(flood.standing(worst, true));
  clock.advance(1min);
  CHECK(flood.busiest(100).empty());
}
