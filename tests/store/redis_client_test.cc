/// redis_client_test: links that are kept, a server that is left alone for a while, sentinels that know another.
#include "store/redis_client.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
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

std::string list(std::initializer_list<std::string_view> words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words)
    text.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
  return text;
}

/// What any server says to who connects.
std::string hello(const std::vector<std::string>& words, std::chrono::seconds ahead = 0s) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch() + ahead)
          .count();
  if (words[0] == "PING") return "+PONG\r\n";
  if (words[0] == "SCRIPT") return "+0123456789012345678901234567890123456789\r\n";
  if (words[0] == "TIME") return list({std::to_string(now), "0"});
  if (words[0] == "HGET") return "$-1\r\n";
  if (words[0] == "ZCARD") return ":0\r\n";
  if (words[0] == "HMGET") return list({"0", "0"});
  return {};
}

/// Fail-over takes its time, and so do replicas to come in line.
bool stored_at_last(Store& store, const Delivery& d) {
  return until([&] { return put_one(store, d).has_value(); });
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
  CHECK(until([&] { return clients(server) == 8; }));
  client.distrust();
  REQUIRE(client.borrow(client.deadline()));
  CHECK(until([&] { return clients(server) == 1; }));
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

TEST_CASE("redis client: who has just failed is not asked again each time") {
  std::atomic<int> asked{0};
  std::atomic<bool> well{false};
  const FakeServer server([&](const std::vector<std::string>& words, int) -> std::string {
    ++asked;
    return well ? hello(words) : "";
  });
  Client client(*parse_target(server.url()), settings());
  constexpr int kTimes = 200;
  for (int i = 0; i < kTimes; ++i) CHECK_FALSE(client.borrow(client.deadline()));
  CHECK(asked >= 1);
  CHECK(asked < kTimes / 2);
  well = true;
  CHECK(until([&] { return client.borrow(client.deadline()).has_value(); }));
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
  REQUIRE(until([&] { return sees_all(a) && sees_all(b) && sees_all(c); }));

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
  CHECK(until([&] {
    try {
      return first.ask({"ROLE"}).list.at(0).text == "slave" && first.ask({"LLEN", "maildrop:{bob}"}).number == 3;
    } catch (const std::exception&) {  // it hangs up when it becomes a replica
      return false;
    }
  }));
}

TEST_CASE("redis client: no sentinel, no master of that name") {
  const RedisServer server(std::vector<std::string>(), free_port());
  const Sentinel sentinel(server, 1);
  Client nobody(*parse_target("redis+sentinel://127.0.0.1:1/mail"), settings());
  CHECK(nobody.borrow(nobody.deadline()).error().code == Code::unavailable);
  Client other(*parse_target("redis+sentinel://" + to_string(sentinel.place()) + "/other"), settings());
  CHECK_THAT(other.borrow(other.deadline()).error().what, Contains("No such master"));
  Client known(*parse_target("redis+sentinel://" + to_string(sentinel.place()) + "/mail"), settings());
  CHECK(known.borrow(known.deadline()));
}

namespace {

OpenOptions options_for(const FakeServer& server, const Clock& clock) {
  OpenOptions options;
  options.url = server.url();
  options.role = Role::writer;
  options.clock = &clock;
  return options;
}

}  // namespace

TEST_CASE("redis client: a sentinel that points at a replica is not believed") {
  const RedisServer master(std::vector<std::string>(), free_port());
  const std::string port = std::to_string(master.place().port);
  const RedisServer replica({"--replicaof", "127.0.0.1", port}, free_port());
  const RedisServer* points_at = &replica;
  const FakeServer behind([&](const std::vector<std::string>& words, int) {
    if (words[0] == "PING") return std::string("+PONG\r\n");
    return list(
        {"name", "mail", "ip", "127.0.0.1", "port", std::to_string(points_at->place().port), "config-epoch", "7"});
  });
  Target target = *parse_target("redis+sentinel://127.0.0.1:1/mail");
  target.places = {behind.place()};
  Client client(target, settings());
  const auto lease = client.borrow(client.deadline());
  REQUIRE_FALSE(lease);
  CHECK_THAT(lease.error().what, Contains("is not the master"));
  points_at = &master;
  CHECK(until([&] { return client.borrow(client.deadline()).has_value(); }));
  REQUIRE(clients(master) == 1);
  client.follow(client.deadline());
  CHECK(clients(master) == 1);
  points_at = &replica;  // a fail-over that we were cut off from
  client.follow(client.deadline());
  CHECK(until([&] { return clients(master) == 0; }));
}

TEST_CASE("redis client: of sentinels that differ the last fail-over is believed, and a minority is not enough") {
  const RedisServer old(std::vector<std::string>(), free_port()), now(std::vector<std::string>(), free_port());
  const auto sentinel = [](const RedisServer& server, const char* epoch) {
    return [&server, epoch](const std::vector<std::string>& words, int) {
      if (words[0] == "PING") return std::string("+PONG\r\n");
      return list({"ip", "127.0.0.1", "port", std::to_string(server.place().port), "config-epoch", epoch});
    };
  };
  const FakeServer behind(sentinel(old, "1")), current(sentinel(now, "2"));
  Target target = *parse_target("redis+sentinel://127.0.0.1:1/mail");
  const Place nobody = target.places.front();
  for (const auto& places :
       {std::vector<Place>{behind.place(), current.place()}, std::vector<Place>{current.place(), behind.place()},
        std::vector<Place>{nobody, behind.place(), current.place()}}) {
    target.places = places;
    Client client(target, settings());
    auto lease = client.borrow(client.deadline());
    REQUIRE(lease);
    CHECK((*lease)->place() == now.place());
  }
  target.places = {nobody, nobody, current.place()};
  Client client(target, settings());
  CHECK_THAT(client.borrow(client.deadline()).error().what, Contains("1 of 3 sentinels answer, and 2 are needed"));
}

TEST_CASE("redis client: a server whose clock is far off is not used") {
  const FakeServer server([](const std::vector<std::string>& words, int) { return hello(words, 24h); });
  Client client(*parse_target(server.url()), settings());
  const auto lease = client.borrow(client.deadline());
  REQUIRE_FALSE(lease);
  CHECK_THAT(lease.error().what, Contains("its clock and ours are 86"));
}

TEST_CASE(
    "redis client: a batch whose answers are lost is sent once more, whole, and its end is not claimed to be known") {
  const FakeClock clock;
  std::vector<std::string> ids;
  int transactions = 0;
  const FakeServer server([&](const std::vector<std::string>& words, int) -> std::string {
    if (words[0] == "MULTI") return ++transactions, "+OK\r\n";
    if (words[0] == "EVALSHA") return ids.push_back(words[4]), "+QUEUED\r\n";
    if (words[0] == "EXEC") return transactions == 1 ? "" : "*3\r\n:1\r\n:0\r\n-OOM no\r\n";
    return hello(words);
  });
  const auto store = open_store(options_for(server, clock));
  REQUIRE(store);
  std::vector<Delivery> batch;
  for (const char* name : {"a", "b", "c"}) batch.push_back(delivery(clock.now(), {name}));
  const auto results = (*store)->put(batch);
  REQUIRE(results.size() == 3);
  CHECK(transactions == 2);
  REQUIRE(ids.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(ids[i] == batch[i % 3].summary.id.text());
  CHECK(results[0]);
  CHECK(results[1].error().code == Code::over_limit);
  CHECK(results[2].error().code == Code::over_limit);
}

TEST_CASE("redis client: what is said in place of a transaction's end is nobody's 250") {
  const FakeClock clock;
  std::string multi, queued, exec;
  const FakeServer server([&](const std::vector<std::string>& words, int) -> std::string {
    if (words[0] == "MULTI") return multi;
    if (words[0] == "EVALSHA") return queued;
    if (words[0] == "EXEC") return exec;
    return hello(words);
  });
  const auto store = open_store(options_for(server, clock));
  REQUIRE(store);
  const std::vector<Delivery> batch{delivery(clock.now(), {"a"}), delivery(clock.now(), {"b"})};
  struct Case {
    const char *multi, *queued, *exec;
    Code code;
  };
  for (const Case& c : {Case{"+OK\r\n", "-BUSY no\r\n", "-EXECABORT no\r\n", Code::unavailable},
                        Case{"+OK\r\n", "+QUEUED\r\n", "-EXECABORT no\r\n", Code::unavailable},
                        Case{"-LOADING no\r\n", "-LOADING no\r\n", "-LOADING no\r\n", Code::unavailable},
                        Case{"+OK\r\n", "+QUEUED\r\n", "*-1\r\n", Code::timed_out},
                        Case{"+OK\r\n", "+QUEUED\r\n", "*1\r\n:1\r\n", Code::timed_out},
                        Case{"+OK\r\n", "-OOM no\r\n", "-EXECABORT no\r\n", Code::over_limit}}) {
    INFO(c.multi << c.queued << c.exec);
    multi = c.multi, queued = c.queued, exec = c.exec;
    for (const auto& result : (*store)->put(batch)) {
      REQUIRE_FALSE(result);
      CHECK(result.error().code == c.code);
    }
  }
  multi = "-BUSY no\r\n", queued = ":1\r\n", exec = "-ERR EXEC without MULTI\r\n";  // it was busy until then
  for (const auto& result : (*store)->put(batch)) CHECK(result);
}
