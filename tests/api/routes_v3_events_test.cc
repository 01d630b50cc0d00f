/// routes_v3_events_test.cc: what a stream says first, and what it says then.
#include <catch2/catch.hpp>

#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Query = std::map<std::string, std::string, std::less<>>;

Request events(const std::string& name, Query query = {}) {
  return request("GET", {"api", "v3", "mailboxes", name, "events"}, {}, std::move(query));
}

/// `message ID` and `removed ID`, in order.
std::vector<std::string> told(const Response& response) {
  std::vector<std::string> all;
  std::string id, type;
  for (std::size_t at = 0; at < response.body.size();) {
    const std::size_t end = response.body.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = response.body.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("id: ")) id = line.substr(4);
    if (line.starts_with("event: ")) type = line.substr(7);
    if (line.starts_with("data: {\"id\":\"")) all.push_back(type + " " + line.substr(13, 26));
    if (line.starts_with("data: ") && type == "message") CHECK(id == line.substr(13, 26));
    if (line.empty()) id = type = "";
  }
  return all;
}

using Told = std::vector<std::string>;
const std::string kFirst = "message " + std::string(kFirstId), kSecond = "message " + std::string(kSecondId);

}  // namespace

TEST_CASE("events: who begins hears of what comes then, or of what came since") {
  World world;
  const Response now = dispatch(events("bob"), world.context);
  CHECK(now.status == 200);
  CHECK(now.content_type == "text/event-stream");
  CHECK(now.body == "retry: 3000\n\n");
  REQUIRE(now.later);
  CHECK(now.later->stream);
  CHECK(std::get<mail::Inbox>(now.later->of).name() == "bob");
  CHECK(told(dispatch(events("bob", {{"since", kFirstId}}), world.context)) == Told{kSecond});
  CHECK(told(dispatch(events("bob", {{"since", kSecondId}}), world.context)).empty());
  CHECK(told(dispatch(events("bob", {{"since", ""}}), world.context)) == Told{kFirst, kSecond});
  CHECK(told(dispatch(events("bob", {{"since", kUnknownId}}), world.context)) == Told{kFirst, kSecond});
  Request again = events("bob", {{"since", ""}});
  again.headers["last-event-id"] = kFirstId;  // a browser that comes again asks for the same URL
  CHECK(told(dispatch(again, world.context)) == Told{kSecond});
}

TEST_CASE("events: the next piece is what has changed") {
  World world;
  Request stream = events("bob");
  const auto next = [&] {
    const Response response = dispatch(stream, world.context);
    REQUIRE(response.later);
    stream.state = response.later->state;
    return told(response);
  };
  CHECK(next().empty());
  CHECK(next().empty());
  const std::string third = "00000000000000000000000003";
  world.store.add("bob", message(third.c_str(), "third", "text\r\n"));
  CHECK(next() == Told{"message " + third});
  CHECK(next().empty());
  REQUIRE(*world.store.remove(mail::Inbox::trusted("bob"), store::MessageId::trusted(kFirstId)));
  CHECK(next() == Told{"removed " + std::string(kFirstId)});
  for (const std::string& id : {std::string(kSecondId), third})
    REQUIRE(*world.store.remove(mail::Inbox::trusted("bob"), store::MessageId::trusted(id)));
  CHECK(next() == Told{"removed " + third, "removed " + std::string(kSecondId)});
  CHECK(next().empty());
  world.store.add("bob", message(third.c_str(), "third", "text\r\n"));
  CHECK(next() == Told{"message " + third});
}

TEST_CASE("events: of many messages the newest are known, and none is said to be removed that went below them") {
  World world;
  const auto id = [](int number) { return std::string(23, '0') + std::to_string(number); };
  for (int i = 100; i < 220; ++i) world.store.add("eve", message(id(i).c_str(), "x", "text\r\n"));
  Request stream = events("eve", {{"since", id(218)}});
  Response response = dispatch(stream, world.context);
  CHECK(told(response) == Told{"message " + id(219)});
  stream.state = response.later->state;
  world.store.add("eve", message(id(220).c_str(), "x", "text\r\n"));
  CHECK(told(dispatch(stream, world.context)) == Told{"message " + id(220)});
}

TEST_CASE("events: what strangers write is one line of data") {
  World world;
  store::Message hostile = message(kFirstId, "a\nevent: removed\ndata: x\n\n", "\r\n");
  hostile.summary.from = "a\rb\n\ndata: y";
  world.store.add("eve", hostile);
  CHECK(told(dispatch(events("eve", {{"since", ""}}), world.context)) == Told{kFirst});
}

TEST_CASE("events: who may not look hears why, and there is no stream") {
  World world;
  for (const auto& [name, status] : {std::pair("postmaster", 403), std::pair("..", 400)}) {
    const Response response = dispatch(events(name), world.context);
    CHECK(response.status == status);
    CHECK_FALSE(response.later);
  }
  CHECK(dispatch(events("bob", {{"quarantined", "x"}}), world.context).status == 400);
  world.store.failure = Error{Code::unavailable, "down"};
  CHECK(dispatch(events("bob"), world.context).status == 503);
}
