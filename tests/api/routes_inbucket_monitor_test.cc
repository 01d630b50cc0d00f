/// routes_inbucket_monitor_test: golden texts of Inbucket's monitors, and who hears none.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/scripted_feed.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kThird = "00000000000000000000000003";

struct Monitors : World {
  Script script;
  InboxWatch watching{opening(script)};

  Monitors() { context.watch = &watching; }
};

Request monitor(const std::string& version, const std::string& name) {
  return request("GET", {"api", version, "monitor", "messages", name},
                 {{"host", "mail.example"},
                  {"upgrade", "websocket"},
                  {"sec-websocket-version", "13"},
                  {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}});
}

/// Asks for the next piece of a stream.
std::vector<std::string> next(Request& stream, World& world) {
  const Response response = dispatch(stream, world.context);
  REQUIRE(response.status == 101);
  REQUIRE(response.later);
  CHECK(response.later->stream);
  CHECK(std::get<mail::Inbox>(response.later->of).name() == "bob");
  stream.state = response.later->state;
  return response.later->frames;
}

using Texts = std::vector<std::string>;

std::string header_of(const std::string& id, const std::string& subject, int size) {
  return R"({"mailbox":"bob","id":")" + id + R"(","from":"Alice <alice@example.org>","to":["Bob+shop@example.test"],)" +
         R"("subject":")" + subject + R"(","date":"2023-11-14T22:13:20.123Z","posix-millis":1700000000123,"size":)" +
         std::to_string(size) + R"(,"seen":false})";
}

std::string stored(const std::string& header) {
  return R"({"variant":"message-stored","identifier":null,"header":)" + header + "}";
}

}  // namespace

TEST_CASE("inbucket monitor 1: the last messages, the oldest first, then each that comes") {
  Monitors world;
  Request stream = monitor("v1", "Bob+x");
  CHECK(next(stream, world) == Texts{header_of(kFirstId, "first", 58), header_of(kSecondId, "second", 58)});
  CHECK(next(stream, world).empty());
  world.store.add("bob", message(kThird, "third", "\r\n"));
  REQUIRE(*world.store.remove(mail::Inbox::trusted("bob"), store::MessageId::trusted(kFirstId)));
  CHECK(next(stream, world) == Texts{header_of(kThird, "third", 2)});
}

TEST_CASE("inbucket monitor 2: says what it is about, and what was deleted") {
  Monitors world;
  Request stream = monitor("v2", "bob");
  CHECK(next(stream, world) ==
        Texts{stored(header_of(kFirstId, "first", 58)), stored(header_of(kSecondId, "second", 58))});
  world.store.add("bob", message(kThird, "third", "\r\n"));
  REQUIRE(*world.store.remove(mail::Inbox::trusted("bob"), store::MessageId::trusted(kFirstId)));
  CHECK(next(stream, world) == Texts{R"({"variant":"message-deleted","identifier":{"mailbox":"bob","id":")" + kFirstId +
                                         R"("},"header":null})",
                                     stored(header_of(kThird, "third", 2))});
}

TEST_CASE("inbucket monitor: of many messages the last 30 come first, and none that is hidden") {
  Monitors world;
  const auto id = [](int number) { return std::string(23, '0') + std::to_string(number); };
  for (int i = 100; i < 240; ++i) world.store.add("bob", message(id(i), "x", "\r\n"));
  store::Message hidden = message(id(240), "x", "\r\n");
  hidden.summary.mark = store::Mark::quarantine;
  world.store.add("bob", hidden);
  Request stream = monitor("v1", "bob");
  const Texts first = next(stream, world);
  REQUIRE(first.size() == 30);
  CHECK(text_at(*parse_json(first.front()), "id") == id(210));
  CHECK(text_at(*parse_json(first.back()), "id") == id(239));
  CHECK(next(stream, world).empty());
}

TEST_CASE("inbucket monitor: of all inboxes there is none in public, and who opens no socket hears why") {
  Monitors world;
  for (const std::string version : {"v1", "v2"}) {
    INFO(version);
    Request all = monitor(version, "");
    all.path.pop_back();
    const Response none = dispatch(all, world.context);
    CHECK(none.status == 404);
    CHECK(none.body == "there is no public monitor of all inboxes: name one\n");
    CHECK_FALSE(none.later);
    const auto refusal = [&](const std::string& name, const std::string& field, const std::string& value) {
      Request asked = monitor(version, name);
      asked.headers[field] = value;
      const Response response = dispatch(asked, world.context);
      CHECK_FALSE(response.later);
      CHECK(response.content_type == "text/plain; charset=utf-8");
      return response.status;
    };
    CHECK(refusal("bob", "upgrade", "h2c") == 400);
    CHECK(refusal("bob", "sec-websocket-version", "8") == 400);
    CHECK(refusal("bob", "sec-websocket-key", "") == 400);
    CHECK(refusal("postmaster", "x", "") == 403);
    CHECK(refusal("a b", "x", "") == 400);
    world.config.api.cors = {"https://friend.example"};
    CHECK(refusal("bob", "origin", "https://evil.example") == 403);
    world.config.api.cors = {"*"};
    world.store.failure = Error{Code::unavailable, "down"};
    CHECK(refusal("bob", "x", "") == 503);
    world.store.failure.reset();
    world.context.watch = nullptr;
    CHECK(refusal("bob", "x", "") == 503);
    world.context.watch = &world.watching;
  }
}
