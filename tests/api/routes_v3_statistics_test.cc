/// routes_v3_statistics_test.cc: numbers by the hour, and streams of the totals.
#include <catch2/catch.hpp>

#include "api/kit.h"
#include "api/statistics_watch.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

Response ask(World& world, std::map<std::string, std::string, std::less<>> query = {}) {
  return dispatch(request("GET", {"api", "v3", "statistics"}, {}, std::move(query)), world.context);
}

/// A world in which somebody watches, and the totals are known.
struct WatchedWorld : World {
  StatisticsWatch watch{statistics_reader, Millis(1)};
  std::unique_ptr<StatisticsWatch::Watcher> watcher;

  WatchedWorld() {
    context.statistics_watch = &watch;
    statistics.count("stored", 3);
    statistics.count("refused", 7);
  }
  void know(const MailCounts& counts) {
    if (!watcher) watcher = std::make_unique<StatisticsWatch::Watcher>(watch, [] {});
    for (int i = 0; i < 10'000 && watch.latest() != counts; ++i) {
      clock.advance(StatisticsReader::kFresh);
      std::this_thread::sleep_for(Millis(1));
    }
    REQUIRE(watch.latest() == counts);
  }
};

const std::map<std::string, std::string, std::less<>> kSocket{
    {"upgrade", "websocket"}, {"connection", "Upgrade"}, {"sec-websocket-version", "13"}, {"sec-websocket-key", "x"}};

Request events() { return request("GET", {"api", "v3", "statistics", "events"}); }
Request socket_at(std::vector<std::string> path) { return request("GET", std::move(path), kSocket); }

}  // namespace

TEST_CASE("v3: statistics are columns of hours, of every series") {
  World world;
  CHECK(ask(world, {{"hours", "1"}})
            .body.starts_with("{\"since\":null,\"first\":\"2023-11-14T22:00:00.000Z\",\"hours\":1,"
                              "\"series\":[{\"group\":\"\",\"name\":\"stored\",\"total\":0,"));
  world.statistics.count("stored", 3, 1);
  world.statistics.count("stored", 4);
  world.statistics.count("reason:relaying", 2, 500);
  world.clock.advance(StatisticsReader::kFresh);
  const std::string body = ask(world, {{"hours", "2"}}).body;
  CHECK(body.starts_with(
      "{\"since\":\"2023-11-14T22:13:20.000Z\",\"first\":\"2023-11-14T21:00:00.000Z\",\"hours\":2,\"series\":["
      "{\"group\":\"\",\"name\":\"stored\",\"total\":7,\"counts\":[3,4]},"));
  CHECK(body.ends_with("{\"group\":\"reason\",\"name\":\"relaying\",\"total\":2,\"counts\":[0,0]}]}\n"));
  CHECK(ask(world).body.find("\"hours\":24,") != std::string::npos);
  CHECK(ask(world, {{"hours", "999999999999"}}).body.find("\"hours\":192,") != std::string::npos);
}

TEST_CASE("v3: statistics that cannot be had, and hours that are none") {
  World world;
  for (const std::string hours : {"0", "-1", "x", "", "1h"}) CHECK(ask(world, {{"hours", hours}}).status == 400);
  world.statistics.failure = Error{Code::unavailable, "disk gone"};
  const Response failed = ask(world);
  CHECK(failed.status == 503);
  CHECK(failed.why == "disk gone");
  world.context.statistics = nullptr;
  CHECK(ask(world).status == 503);
  CHECK(dispatch(events(), world.context).status == 503);
}

TEST_CASE("v3: a stream of the totals says them once they are known, and when they have changed") {
  WatchedWorld world;
  const Response early = dispatch(events(), world.context);
  CHECK(early.status == 200);
  CHECK(early.content_type == "text/event-stream");
  CHECK(early.body == "retry: 3000\n\n");
  REQUIRE(early.later);
  CHECK(early.later->stream);
  CHECK(std::holds_alternative<MailTotals>(early.later->of));
  world.know({3, 7});
  Request next = events();
  next.state = early.later->state;
  const Response first = dispatch(next, world.context);
  CHECK(first.body == "data: {\"stored\":3,\"refused\":7}\n\n");
  next.state = first.later->state;
  CHECK(dispatch(next, world.context).body.empty());
  world.statistics.count("stored", 1);
  world.know({4, 7});
  CHECK(dispatch(next, world.context).body == "data: {\"stored\":4,\"refused\":7}\n\n");
  CHECK(dispatch(events(), world.context).body == "retry: 3000\n\ndata: {\"stored\":4,\"refused\":7}\n\n");
}

TEST_CASE("the totals over WebSockets: the number that the first service told, and ours") {
  WatchedWorld world;
  world.know({3, 7});
  const Response ours = dispatch(socket_at({"api", "v3", "statistics", "events"}), world.context);
  CHECK(ours.status == 101);
  CHECK(ours.later->frames == std::vector<std::string>{"{\"stored\":3,\"refused\":7}"});
  Request blocked = socket_at({"ws", "blocked"});
  const Response theirs = dispatch(blocked, world.context);
  CHECK(theirs.status == 101);
  CHECK(theirs.later->frames == std::vector<std::string>{"7"});
  blocked.state = theirs.later->state;
  world.statistics.count("stored", 1);
  world.know({4, 7});
  CHECK(dispatch(blocked, world.context).later->frames.empty());  // of no interest there
  world.statistics.count("refused", 1);
  world.know({4, 8});
  CHECK(dispatch(blocked, world.context).later->frames == std::vector<std::string>{"8"});
}

TEST_CASE("the totals over WebSockets: not for pages that may not read here, and not without a handshake") {
  WatchedWorld world;
  world.config.api.cors = {"https://friend.example"};
  for (const std::vector<std::string>& path :
       {std::vector<std::string>{"api", "v3", "statistics", "events"}, {"ws", "blocked"}}) {
    Request ask = socket_at(path);
    ask.headers["origin"] = "https://stranger.example";
    CHECK(dispatch(ask, world.context).status == 403);
    ask.headers["origin"] = "https://friend.example";
    CHECK(dispatch(ask, world.context).status == 101);
    ask.headers["sec-websocket-version"] = "12";
    CHECK(dispatch(ask, world.context).status == 400);
  }
  CHECK(dispatch(request("GET", {"ws", "blocked"}), world.context).status == 400);
}
