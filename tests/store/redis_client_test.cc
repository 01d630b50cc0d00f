/// redis_client_test: links that are kept, a server that is left alone for a while, sentinels that know another.
#include "store/redis_client.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "store/redis_kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::redis;
using namespace maildrop::store::test;
using Catch::Matchers::Contains;

namespace {

RedisSettings settings(std::chrono::milliseconds timeout = 5s) {
  RedisSettings made;
  made.timeout = timeout;
  return made;
}

std::size_t clients(const RedisServer& server) {
  const std::string list = server.ask({"CLIENT", "LIST", "TYPE", "normal"}).text;
  return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n')) - 1;  // but for whoever asks
}

/// Fail-over takes its time, and so do replicas to come in line.
bool stored_at_last(Store& store, const Delivery& d) {
  for (int i = 0; i < 2000; ++i) {
    if (put_one(store, d)) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

}  // namespace

TEST_CASE("redis client: links are kept for the next, and not too many") {
  const RedisServer server;
  Client client(*parse_target(server.url()), settings());
  for (int i = 0; i < 5; ++i) REQUIRE(client.borrow(client.deadline()));
  CHECK(clients(server) == 1);
  {
    std::vector<Client::Lease> leases;
    for (int i = 0; i < 20; ++i) leases.push_back(std::move(*client.borrow(client.deadline())));
    CHECK(clients(server) == 20);
  }
  for (int i = 0; i < 500 && clients(server) != 8; ++i) std::this_thread::sleep_for(10ms);
  CHECK(clients(server) == 8);
  client.distrust();
  REQUIRE(client.borrow(client.deadline()));
  for (int i = 0; i < 500 && clients(server) != 1; ++i) std::this_thread::sleep_for(10ms);
  CHECK(clients(server) == 1);
}

TEST_CASE("redis client: a link with an answer to come is not given to the next") {
  const RedisServer server;
  Client client(*parse_target(server.url()), settings());
  {
    auto lease = client.borrow(client.deadline());
    REQUIRE(lease);
    (*lease)->add({"ECHO", "old"});
  }
  auto lease = client.borrow(client.deadline());
  REQUIRE(lease);
  CHECK((*lease)->ask({"ECHO", "new"}, client.deadline())->text == "new");
}

TEST_CASE("redis client: who has just failed is not asked again at once") {
  RedisServer server;
  Client client(*parse_target(server.url()), settings(200ms));
  server.signal(SIGSTOP);
  CHECK_FALSE(client.borrow(client.deadline()));
  const auto begin = Steady::now();
  int at_once = 0;
  for (; Steady::now() < begin + 20ms; ++at_once) CHECK_FALSE(client.borrow(client.deadline()));
  CHECK(at_once > 1);  // with 200 ms each it were one
  server.signal(SIGCONT);
  bool again = false;
  for (int i = 0; i < 300 && !again; ++i) {
    again = client.borrow(client.deadline()).has_value();
    if (!again) std::this_thread::sleep_for(10ms);
  }
  CHECK(again);
}

TEST_CASE("redis client: sentinels say where the master is, and it is followed") {
  RedisServer first(std::vector<std::string>(), free_port());
  const std::string port = std::to_string(first.place().port);
  const RedisServer second({"--replicaof", "127.0.0.1", port}, free_port());
  const RedisServer third({"--replicaof", "127.0.0.1", port}, free_port());
  RedisServer hung(std::vector<std::string>(), free_port());  // a sentinel that does not answer, first in the list
  const Sentinel a(first, 2), b(first, 2), c(first, 2);
  const std::string url = "redis+sentinel://" + to_string(hung.place()) + "," + to_string(a.place()) + "," +
                          to_string(b.place()) + "," + to_string(c.place()) + "/mail";
  const auto sees_all = [&](const Sentinel& sentinel) {
    const Reply master = sentinel.ask({"SENTINEL", "MASTER", "mail"});
    std::string text;
    for (const Reply& each : master.list) text += each.text + " ";
    return text.find("num-slaves 2 num-other-sentinels 2 ") != std::string::npos;
  };
  for (int i = 0; i < 2000 && !(sees_all(a) && sees_all(b) && sees_all(c)); ++i) std::this_thread::sleep_for(10ms);

  FakeClock clock;
  OpenOptions options;
  options.url = url;
  options.role = Role::writer;
  options.clock = &clock;
  options.redis.wait_replicas = 1;
  const auto store = open_store(options);
  REQUIRE(store);
  const Delivery before = delivery(clock.now(), {"bob"});
  REQUIRE(stored_at_last(**store, before));
  auto feed = open_feed(options);
  REQUIRE(feed);

  hung.signal(SIGSTOP);
  first.end(SIGKILL);
  const auto lost = put_one(**store, delivery(clock.now(), {"lost"}));
  CHECK(!lost);
  const Delivery after = delivery(clock.now(), {"bob"});
  CHECK(stored_at_last(**store, after));
  CHECK(shown(**store, "bob") == std::vector<std::string>{after.summary.id.text(), before.summary.id.text()});
  CHECK_FALSE((*feed)->wait(100ms).value_or(false));  // its link is gone
  CHECK((*feed)->wait(5s).value_or(false));

  // The one that was the master comes back as if nothing had been: it is told, and nobody writes to it.
  first.start();
  const Delivery last = delivery(clock.now(), {"bob"});
  CHECK(stored_at_last(**store, last));
  CHECK(shown(**store, "bob").size() == 3);
}

TEST_CASE("redis client: no sentinel, no master of that name") {
  const RedisServer server(std::vector<std::string>(), free_port());
  const Sentinel sentinel(server, 1);
  Client nobody(*parse_target("redis+sentinel://127.0.0.1:1/mail"), settings());
  CHECK(nobody.borrow(nobody.deadline()).error().code == Code::unavailable);
  Client other(*parse_target("redis+sentinel://" + to_string(sentinel.place()) + "/other"), settings());
  CHECK_THAT(other.borrow(other.deadline()).error().what, Contains("knows no master 'other'"));
  Client known(*parse_target("redis+sentinel://" + to_string(sentinel.place()) + "/mail"), settings());
  CHECK(known.borrow(known.deadline()));
}
