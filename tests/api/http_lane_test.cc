/// http_lane_test: how a server ends: what is in flight is answered, the rest is closed, and nothing outlives it.
#include "api/http_lane.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <future>

#include "allocations.h"
#include "api/http_connection.h"
#include "api/wire.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;
using maildrop::test::Allocations;

namespace {

const std::string kGet = "GET /v2/mailbox/bob HTTP/1.1\r\nHost: x\r\n\r\n";

/// One loop without a server, and the connections that it is given.
struct Bare {
  Bare() {
    world.config.api.idle_timeout = Millis(20);
    shared = std::make_shared<HttpShared>(offload, world.context);
    lane = std::make_shared<HttpLane>(io, shared, 1 << 20);
  }
  ~Bare() {
    for (const int fd : far_ends) close(fd);
  }
  /// Throws when there is no memory for it.
  std::shared_ptr<HttpConnection> connect(std::size_t good_allocations = Allocations::kNone) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return nullptr;
    far_ends.push_back(ends[1]);
    shared->admission.enter(IpAddress());
    Guest guest(FileDescriptor(ends[0]), IpAddress(), IpAddress(), shared->admission);
    const Allocations few(good_allocations);
    return std::make_shared<HttpConnection>(lane, std::move(guest), AF_UNIX);
  }

  World world;
  service::Offload offload{1, 1};
  boost::asio::io_context io;
  std::shared_ptr<HttpShared> shared;
  std::shared_ptr<HttpLane> lane;
  std::vector<int> far_ends;
};

}  // namespace

TEST_CASE("http_lane: a connection that there is no memory for leaves no trace, and others their deadlines") {
  bool failed = true;
  for (std::size_t good = 0; failed; ++good) {
    REQUIRE(good < 1000);
    CAPTURE(good);
    Bare bare;
    failed = false;
    try {
      bare.connect(good);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    CHECK(bare.shared->admission.count() == 0);
    boost::asio::co_spawn(bare.io.get_executor(), HttpConnection::run(bare.connect()), [](std::exception_ptr) {});
    bare.io.run_for(std::chrono::seconds(2));
    CHECK(bare.shared->admission.count() == 0);  // it was idle for too long
    bare.lane->drain();
  }
}

TEST_CASE("http_lane: draining answers what is in flight and closes the rest") {
  Site site(2);
  site.world.store.hold(true);
  site.start();
  Client idle = site.connect();
  Client at_work = site.connect();
  at_work.send(kGet);
  while (site.world.store.calls() == 0) std::this_thread::yield();
  REQUIRE(site.has_connections(2));
  std::promise<void> done;
  site.server->drain([&done] { done.set_value(); });
  std::future<void> drained = done.get_future();
  CHECK(idle.receive_all().empty());
  CHECK(idle.closed());
  CHECK(drained.wait_for(Millis(20)) == std::future_status::timeout);
  site.world.store.hold(false);
  const std::string answer = at_work.receive_answer();
  CHECK(statuses(answer) == "200");
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  at_work.hang_up();
  CHECK(drained.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(site.server->connections() == 0);
  CHECK_FALSE(site.connect().connected());
}

TEST_CASE("http_lane: no work is done for who has heard 503 already") {
  Site site;
  site.world.config.api.workers = 1;
  site.world.config.api.answer_timeout = Millis(100);
  site.world.store.hold(true);
  site.start();
  std::vector<Client> asking;
  const auto ask = [&] {
    asking.push_back(site.connect());
    asking.back().send(kGet);
  };
  // On a slow machine one may have heard 503 before the worker has taken him up: then another asks.
  do {
    ask();
    for (int i = 0; i < 10 && site.world.store.calls() == 0; ++i) std::this_thread::sleep_for(Millis(10));
  } while (site.world.store.calls() == 0);
  for (int i = 0; i < 20; ++i) ask();
  for (Client& each : asking) {
    const std::string refused = each.receive_answer();
    CHECK(statuses(refused) == "503");
    CHECK(is_v2_refusal(refused));
  }
  CHECK(site.world.store.calls() == 1);
  site.world.store.hold(false);
  int asked = 0;
  std::string heard = "503";
  for (; heard == "503" && asked < 15; ++asked) heard = statuses(site.get("/v2/mailbox/bob"));  // as above
  CHECK(heard == "200");
  CHECK(site.world.store.calls() <= 1 + asked);
}

TEST_CASE("http_lane: a request at work is alive, though its client has heard 503") {
  Site site;
  site.world.config.api.answer_timeout = Millis(50);
  site.world.store.hold(true);
  site.start();
  Client client = site.connect();
  client.send(kGet);
  CHECK(statuses(client.receive_answer()) == "503");
  client.hang_up();
  REQUIRE(site.has_connections(0));
  std::promise<void> done;
  site.server->drain([&done] { done.set_value(); });
  std::future<void> drained = done.get_future();
  CHECK(drained.wait_for(Millis(50)) == std::future_status::timeout);
  site.world.store.hold(false);
  CHECK(drained.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("http_lane: the end waits for what is at work, and does nothing of what waits") {
  World world;
  int calls = 0;
  {
    service::Loops loops(1);
    service::Offload offload(1, 64);
    auto listeners = service::open_listeners({Endpoint::parse("127.0.0.1:0").value()}, 1).value();
    const std::string name = listeners.front().front().name();
    const auto port = static_cast<std::uint16_t>(std::stoi(name.substr(name.rfind(':') + 1)));
    auto server = std::make_unique<HttpServer>(loops, std::move(listeners), offload, world.context);
    server->start();
    loops.start();
    world.store.hold(true);
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(port);
      clients.back().send(kGet);
    }
    // A request on the loop comes back when those before it have been read: twice round is enough.
    for (int i = 0; i < 2; ++i) {
      Client health(port);
      health.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      health.receive_all();
    }
    while (world.store.calls() == 0) std::this_thread::yield();
    loops.stop();
    loops.join();
    auto ending = std::async(std::launch::async, [&server] { server.reset(); });
    CHECK(ending.wait_for(Millis(20)) == std::future_status::timeout);
    world.store.hold(false);
    ending.wait();
    calls = world.store.calls();
  }
  CHECK(calls == 1);
  CHECK(world.store.calls() == 1);
}

TEST_CASE("http_lane: draining turns away who waits at the door") {
  Site site;
  site.open();
  Client client = site.connect();
  client.send(kGet);
  site.server->drain([] {});
  site.start_loops();
  CHECK(statuses(client.receive_all()) == "503");
  CHECK_FALSE(client.reset());
}

TEST_CASE("http_lane: draining with nobody there is done at once") {
  Site site(2);
  site.start();
  std::promise<void> done;
  site.server->drain([&done] { done.set_value(); });
  CHECK(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("http_lane: it may end with requests in all states") {
  Site site(2);
  site.world.store.hold(true);
  site.start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(site.connect());
    clients.back().send(i % 3 == 0 ? "" : i % 3 == 1 ? "GET / HT" : kGet);
  }
  CHECK(site.has_connections(20));
}
