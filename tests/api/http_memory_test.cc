/// http_memory_test: room for answers, in all and for each source.
#include "api/http_memory.h"

#include <catch2/catch.hpp>
#include <set>

#include "allocations.h"
#include "api/wire.h"
#include "core/settings.h"
#include "filter/trace.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;
using maildrop::test::Allocations;

namespace {

const std::string kHead = "Subject: x\r\n\r\n";

/// Several times `size` bytes of what a sender chooses to make answers large.
std::string body_of(const std::string& piece, std::size_t size) {
  std::string body = kHead;
  body.reserve(size);
  if (piece.size() == 1) body.append(size - body.size(), piece.front());  // millions
  while (body.size() + piece.size() <= size) body += piece;
  return body;
}

}  // namespace

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

TEST_CASE("http_memory: a message is not read where there is no room for it, nor handed on where its answer has none") {
  World world;
  const mail::Inbox bob = mail::Inbox::trusted("bob");
  const store::MessageId id = store::MessageId::trusted(kFirstId);
  HttpMemory memory(1u << 20);
  {
    AnswerRoom room(memory, nullptr);
    MeteredInboxes inboxes(world.store, room, {}, 600'000);
    CHECK(inboxes.get(bob, id).error().code == Code::over_limit);
    CHECK(inboxes.refused());
    CHECK(world.store.calls() == 0);
  }
  world.store.add("bob", message(kUnknownId, "x", body_of("x", 100'000)));
  AnswerRoom room(memory, nullptr);
  MeteredInboxes inboxes(world.store, room, {8, 8}, 10'000);
  CHECK(inboxes.get(bob, store::MessageId::trusted(kUnknownId)).error().code == Code::over_limit);
  CHECK(inboxes.refused());
  CHECK(memory.all().used() == 0);
  CHECK(inboxes.get(bob, id));
  CHECK_FALSE(inboxes.refused());
  CHECK(inboxes.list(bob, {})->size() == 3);
  CHECK(inboxes.remove(bob, id).value());
}

TEST_CASE("http_memory: who reads several messages has room for all of them, or does not get the next one") {
  World world;
  world.store.add("eve", message(kFirstId, "x", body_of("x", 100'000)));
  const mail::Inbox eve = mail::Inbox::trusted("eve");
  const auto id = store::MessageId::trusted(kFirstId);
  HttpMemory memory(2'500'000);
  AnswerRoom room(memory, nullptr);
  MeteredInboxes inboxes(world.store, room, {8, 0}, 100'000);
  for (int i = 0; i < 3; ++i) CHECK(inboxes.get(eve, id));
  CHECK(memory.all().used() > 2'000'000);
  CHECK(inboxes.get(eve, id).error().code == Code::over_limit);
  CHECK(inboxes.refused());
}

TEST_CASE("http_memory: who reads at once is bounded before the answers are made") {
  Site site;
  site.world.config.api.workers = 4;
  site.world.config.api.memory = 2u << 20;
  site.world.config.mail.max_size = 400'000;
  site.world.store.hold(true);
  site.start();
  const std::string get = "GET /v2/mailbox/bob/" + kFirstId + " HTTP/1.1\r\nHost: x\r\n\r\n";
  Client one = site.connect();
  one.send(get);
  Client two = site.connect();
  two.send(get);
  while (site.world.store.calls() < 2) std::this_thread::yield();
  Client three = site.connect();
  three.send(get);
  const std::string refused = three.receive_answer();
  CHECK(statuses(refused) == "503");
  CHECK(refused.find("too many answers") != std::string::npos);
  CHECK(is_v2_refusal(refused));
  CHECK(site.world.store.calls() == 2);
  site.world.store.hold(false);
  CHECK(statuses(one.receive_answer()) == "200");
  CHECK(statuses(two.receive_answer()) == "200");
  three.send(get);
  CHECK(statuses(three.receive_answer()) == "200");
}

TEST_CASE("http_memory: making an answer takes no more than its route says") {
  constexpr std::size_t kMiB = 1u << 20;
  constexpr std::size_t kFixed = 64 * 1024;  // of any answer
  for (const std::size_t size : {kMiB / 2, 3 * kMiB}) {
    for (const std::string piece : {"x", "\x01", "\xff", "\"", "\r\n", "\r", "\xc3\xbc", "<p>"}) {
      if (size > kMiB && piece != "x" && piece != "\x01" && piece != "\xff") continue;  // those that grow most
      World world;
      world.store.add("eve", message(kFirstId, "x", body_of(piece, size)));
      for (const auto& path : {std::vector<std::string>{"v2", "mailbox", "eve", kFirstId},
                               {"api", "v1", "mailbox", "eve", kFirstId},
                               {"api", "inbox", "eve", kFirstId},
                               {"graphql"},
                               {"api", "v3", "mailboxes", "eve", kFirstId},
                               {"api", "v3", "mailboxes", "eve", kFirstId, "raw"}}) {
        Request asked = request("GET", path);
        asked.query["query"] = "{message(mailbox:\"eve\",id:\"" + kFirstId + "\"){data html}}";
        const Growth growth = route_of(asked)->growth;
        CAPTURE(size, piece, path.size(), path.front());
        if (piece == "x") dispatch(asked, world.context);  // tables that are made once
        const Allocations all;
        const Response response = dispatch(asked, world.context);
        CHECK(response.status == 200);
        CHECK(all.peak() <= growth.whole * size + growth.text * std::min(size, kMiB) + kFixed);
      }
    }
  }
}

TEST_CASE("http_memory: packing an answer takes no more than its route says, and what zlib works on") {
  constexpr std::size_t kFixed = 400 * 1024, kSize = 3u << 20;
  for (const std::string piece : {"x", "\x01\xff\r\n"}) {
    World world;
    world.store.add("eve", message(kFirstId, "x", body_of(piece, kSize)));
    for (const std::string last : {"text", "headers", "parts", "codes"}) {
      const Request asked =
          request("GET", {"api", "v3", "mailboxes", "eve", kFirstId, last}, {{"accept-encoding", "gzip"}});
      const Growth growth = route_of(asked)->growth;
      CAPTURE(piece, last);
      dispatch(asked, world.context);  // tables that are made once
      const Allocations all;
      const Response response = dispatch(asked, world.context);
      CHECK(response.status == 200);
      CHECK(all.peak() <= growth.whole * kSize + growth.text * std::min<std::size_t>(kSize, 1u << 20) + kFixed);
    }
  }
}

TEST_CASE("http_memory: telling verdicts takes no more than they are counted as") {
  constexpr std::size_t kFixed = 64 * 1024;  // of any answer
  filter::Trace loud, silent;
  for (int i = 0; i < 200; ++i) {
    filter::TraceEntry& entry = loud.entries.emplace_back();
    entry.filter = "f";
    entry.facts = {"", ""};
    entry.reason = "\x01";
    silent.entries.emplace_back().filter = "f" + std::to_string(i);
  }
  for (const filter::Trace& trace : {loud, silent}) {
    World world;
    store::Message judged = message(kFirstId, "x", "");
    judged.verdicts = format_trace(trace);
    world.store.add("eve", judged);
    const Request asked = request("GET", {"api", "v3", "mailboxes", "eve", kFirstId, "verdicts"});
    CHECK(route_of(asked)->verdicts);
    CHECK(dispatch(asked, world.context).status == 200);
    const Allocations all;
    const Response response = dispatch(asked, world.context);
    CHECK(all.peak() <= MeteredInboxes::kVerdicts * judged.verdicts.size() + kFixed);
    CHECK(all.peak() > 8 * judged.verdicts.size());
    HttpMemory memory(MeteredInboxes::kVerdicts * judged.verdicts.size() - 1);
    AnswerRoom room(memory, nullptr);
    MeteredInboxes plain(world.store, room, {}, 0), metered(world.store, room, {}, 0, true);
    CHECK(plain.get(mail::Inbox::trusted("eve"), judged.summary.id));
    CHECK(metered.get(mail::Inbox::trusted("eve"), judged.summary.id).has_value() == false);
    CHECK(metered.refused());
  }
}

TEST_CASE("http_memory: settings that leave no room for the largest message are told") {
  constexpr std::uint64_t kMiB = 1u << 20;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;  // most routes grow as others do
  for (const Route& each : routes()) {
    if (!seen.emplace(each.growth.whole, each.growth.text).second) continue;
    for (const std::uint64_t size : {kMiB / 2, 25 * kMiB}) {
      Config config;
      config.mail.max_size = size;
      config.limits.memory = config.store.max_size = 64 * size;
      config.api.memory = 4 * (each.growth.whole * size + each.growth.text * std::min(size, kMiB)) - 1;
      const bool largest = each.growth.whole == kMostGrowth.whole && each.growth.text == kMostGrowth.text;
      if (largest) CHECK_THAT(contradictions(config).at(0).second, Catch::Contains("needs"));
      ++config.api.memory;
      if (largest) CHECK(contradictions(config).empty());
      HttpMemory memory(config.api.memory);
      AnswerRoom room(memory, memory.source(IpAddress::parse("192.0.2.1").value()));
      World world;
      world.store.add("eve", message(kFirstId, "x", body_of("x", size)));
      MeteredInboxes inboxes(world.store, room, each.growth, 1024);
      CHECK(inboxes.get(mail::Inbox::trusted("eve"), store::MessageId::trusted(kFirstId)));
    }
  }
  CHECK(contradictions(Config()).empty());
}
