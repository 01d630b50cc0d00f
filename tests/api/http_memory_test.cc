/// http_memory_test: room for answers, in all and for each source.
#include "api/http_memory.h"

#include <catch2/catch.hpp>

#include "api/wire.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

TEST_CASE("http_memory: a source has a quarter, and others have theirs") {
  HttpMemory memory(400);
  const auto one = memory.source(IpAddress::parse("192.0.2.1").value());
  AnswerRoom first(memory, one);
  CHECK(first.take(60));
  AnswerRoom second(memory, memory.source(IpAddress::parse("192.0.2.1").value()));
  CHECK_FALSE(second.take(41));
  CHECK(memory.all().used() == 60);  // what was refused holds nothing
  CHECK(second.take(40));
  AnswerRoom other(memory, memory.source(IpAddress::parse("192.0.2.2").value()));
  CHECK(other.take(100));
  CHECK_FALSE(other.take(101));
}

TEST_CASE("http_memory: an IPv6 /64 is one source, and it is forgotten with its last connection") {
  HttpMemory memory(400);
  auto one = memory.source(IpAddress::parse("2001:db8::1").value());
  CHECK(one == memory.source(IpAddress::parse("2001:db8::2").value()));
  CHECK(one != memory.source(IpAddress::parse("2001:db8:0:1::1").value()));
  {
    AnswerRoom room(memory, one);
    one.reset();
    CHECK(room.take(100));
    AnswerRoom again(memory, memory.source(IpAddress::parse("2001:db8::3").value()));
    CHECK_FALSE(again.take(1));
  }
  CHECK(memory.all().used() == 0);
  AnswerRoom fresh(memory, memory.source(IpAddress::parse("2001:db8::1").value()));
  CHECK(fresh.take(100));
}

TEST_CASE("http_memory: who is exempt shares what all have") {
  HttpMemory memory(400);
  AnswerRoom one(memory, nullptr);
  AnswerRoom two(memory, nullptr);
  CHECK(one.take(300));
  CHECK_FALSE(two.take(101));
  CHECK(two.take(100));
  CHECK(one.take(10));
  CHECK(two.take(390));
}

TEST_CASE("http_memory: answers that nobody reads are bounded in bytes") {
  Site site;
  site.world.config.api.memory = 24u << 20;
  site.world.store.add("eve", message(kFirstId, "x", std::string(16u << 20, 'x')));
  const std::string get = "GET /api/v3/mailboxes/eve/latest/raw HTTP/1.1\r\nHost: x\r\n\r\n";
  SECTION("in all, of those who are exempt, too") {
    site.start();
    Client hoarder = site.connect();
    hoarder.small_window();
    hoarder.send(get);
    hoarder.receive([](const std::string& got) { return !got.empty(); });
    Client second = site.connect();
    second.send(get);
    const std::string refused = second.receive_answer();
    CHECK(statuses(refused) == "503");
    CHECK(refused.find("Retry-After: ") != std::string::npos);
    CHECK(all_guarded(refused));
    CHECK(refused.find("\r\nAccess-Control-Allow-Origin: *\r\n") != std::string::npos);
    second.send("GET /v2/mailbox/bob HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(statuses(second.receive_answer()) == "200");  // what is small fits
    hoarder.hang_up();
    REQUIRE(site.has_connections(1));
    second.send(get);
    CHECK(second.receive([](const std::string& got) { return !got.empty(); }).starts_with("HTTP/1.1 200 "));
  }
  SECTION("and each source has a quarter") {
    site.world.config.limits.exempt.clear();
    site.world.store.add("dan", message(kFirstId, "x", std::string(5u << 20, 'x')));
    site.start();
    CHECK(statuses(site.get("/api/v3/mailboxes/eve/latest/raw")) == "503");
    CHECK(statuses(site.get("/api/v3/mailboxes/dan/latest/raw")).starts_with("200"));
    CHECK(statuses(site.get("/api/v3/mailboxes/dan/latest/raw")).starts_with("200"));
  }
}
