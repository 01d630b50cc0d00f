/// http_news_test.cc: requests that wait, and streams, over a real socket.
#include "api/http_news.h"

#include <catch2/catch.hpp>

#include "api/http_web_socket.h"
#include "api/scripted_feed.h"
#include "api/wire.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kThird = "00000000000000000000000003";

/// A site whose feed says what the test wants.
struct Newsroom {
  Script script;
  InboxWatch watch{opening(script)};  // outlives the site
  Site site;

  Newsroom() { site.world.context.watch = &watch; }

  void mail(const std::string& inbox, const std::string& id) {
    site.world.store.add(inbox, message(id, "news", "text\r\n"));
    script.say(inbox);
  }
  Client ask(const std::string& path, const std::string& fields = {}) {
    Client client = site.connect();
    client.send("GET /api/v3/mailboxes/" + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    return client;
  }
  /// After ten seconds false.
  bool has_watchers(std::size_t count) {
    for (int i = 0; i < 10'000 && watch.watchers() != count; ++i) std::this_thread::sleep_for(Millis(1));
    return watch.watchers() == count;
  }
};

/// What comes on a stream until it has that.
std::string until(Client& client, const std::string& what) {
  return client.receive([&](const std::string& got) { return got.find(what) != std::string::npos; });
}

}  // namespace

TEST_CASE("a list that is empty waits for a message") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("eve?wait=20");
  REQUIRE(room.has_watchers(1));
  room.mail("bob", kThird);  // that is not hers
  room.script.say("eve");    // nor is that anything
  room.mail("eve", kThird);
  const std::string answer = client.receive_answer();
  CHECK(statuses(answer) == "200");
  CHECK(all_guarded(answer));
  CHECK(answer.find(kThird) != std::string::npos);
  CHECK(room.has_watchers(0));
  client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(statuses(client.receive_answer()) == "200");
}

TEST_CASE("when its time is up it says that there is nothing, and the next request has its turn") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("eve?wait=1");
  client.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = client.receive_all();
  CHECK(statuses(answers) == "200 200");
  CHECK(answers.find("\"messages\":[]") != std::string::npos);
  CHECK(room.has_watchers(0));
}

TEST_CASE("who has hung up is not waited for") {
  Newsroom room;
  room.site.start();
  for (const std::string path : {"eve?wait=20", "eve/events"}) {
    Client client = room.ask(path);
    REQUIRE(room.has_watchers(1));
    client.hang_up();
    CHECK(room.has_watchers(0));
    CHECK(room.site.has_connections(0));
  }
}

TEST_CASE("who only sends no more has his answer, and who has gone behind what he sent is not waited for") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("eve?wait=20");
  REQUIRE(room.has_watchers(1));
  client.end_sending();
  CHECK(client.receive_all().find("\"messages\":[]") != std::string::npos);
  Client gone = room.ask("eve?wait=20");
  gone.send("G");
  REQUIRE(room.has_watchers(1));
  gone.hang_up();
  CHECK(room.has_watchers(0));  // within HttpNews::kLook
}

TEST_CASE("HEAD does not wait") {
  Newsroom room;
  room.site.start();
  for (const std::string path : {"eve?wait=20", "eve/events"}) {
    Client client = room.site.connect();
    client.send("HEAD /api/v3/mailboxes/" + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(statuses(client.receive_all()) == "200");
  }
}

TEST_CASE("a stream tells what happens, as long as it is there") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("bob/events", "Origin: https://elsewhere.example\r\n");
  const std::string head = until(client, "retry: 3000\n\n");
  CHECK(statuses(head) == "200");
  CHECK(all_guarded(head));
  CHECK(head.find("\r\nContent-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(head.find("\r\nAccess-Control-Allow-Origin: *\r\n") != std::string::npos);
  CHECK(head.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  CHECK(head.find("event:") == std::string::npos);
  REQUIRE(room.has_watchers(1));
  room.mail("bob", kThird);
  const std::string third = until(client, "}\n\n");
  CHECK(third.find("id: " + kThird + "\nevent: message\ndata: {\"id\":\"" + kThird + "\"") != std::string::npos);
  REQUIRE(*room.site.world.store.remove(mail::Inbox::trusted("bob"), store::MessageId::trusted(kFirstId)));
  room.script.say("bob");
  CHECK(until(client, "\n\n") == "event: removed\ndata: {\"id\":\"" + kFirstId + "\"}\n\n");
}

TEST_CASE("a stream tells what came when its first piece was made and nobody watched yet") {
  Newsroom room;
  room.site.start();
  Client other = room.ask("eve/events");  // so that the feed is there, and says nothing of its own accord
  REQUIRE(room.has_watchers(1));
  room.mail("eve", kThird);
  REQUIRE(until(other, "}\n\n").find(kThird) != std::string::npos);
  room.site.world.store.on_listed_of = "bob";  // who watches eve's may look once more
  room.site.world.store.on_listed = [](auto& inboxes) {
    inboxes["bob"].insert(inboxes["bob"].begin(), message(kThird, "news", "text\r\n"));
  };
  Client client = room.ask("bob/events");
  CHECK(until(client, "}\n\n").find("id: " + kThird) != std::string::npos);
}

TEST_CASE("a stream goes on where it was broken off") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("bob/events", "Last-Event-ID: " + kFirstId + "\r\n");
  CHECK(until(client, "}\n\n").find("id: " + kSecondId + "\n") != std::string::npos);
}

TEST_CASE("more than may wait are refused, and room is made when one has gone") {
  Newsroom room;
  room.site.world.config.api.watchers = 2;
  room.site.start();
  Client first = room.ask("eve?wait=20"), second = room.ask("eve/events");
  REQUIRE(room.has_watchers(2));
  for (const std::string path : {"eve?wait=20", "eve/events"}) {
    Client third = room.ask(path, "Connection: close\r\n");
    const std::string answer = third.receive_all();
    CHECK(statuses(answer) == "503");
    CHECK(all_guarded(answer));
  }
  first.hang_up();
  REQUIRE(room.has_watchers(1));
  Client third = room.ask("eve?wait=20");
  CHECK(room.has_watchers(2));
}

TEST_CASE("no source has more places than connections, and proxies' clients are sources") {
  Newsroom room;
  room.site.world.config.api.connections_per_source = 2;
  room.site.world.config.api.proxies = {Network::parse("127.0.0.1").value()};
  room.site.world.config.limits.exempt = {};
  room.site.start();
  std::vector<Client> all;
  const auto status_of = [&](const std::string& client) {
    all.push_back(room.ask("eve/events", "X-Forwarded-For: " + client + "\r\n"));
    return statuses(until(all.back(), "\r\n\r\n"));
  };
  CHECK(status_of("192.0.2.1") == "200");
  CHECK(status_of("192.0.2.1") == "200");
  CHECK(status_of("192.0.2.1") == "429");
  CHECK(status_of("192.0.2.2") == "200");
}

TEST_CASE("who begins to wait while it drains is not waited for") {
  Newsroom room;
  room.site.start();
  const std::string path = GENERATE("eve?wait=20", "eve/events");
  Client client = room.site.connect();
  REQUIRE(room.site.has_connections(1));
  std::promise<void> done;
  room.site.server->drain([&done] { done.set_value(); });
  client.send("GET /api/v3/mailboxes/" + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(statuses(client.receive_all()) == "200");
  CHECK(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("a drain ends them: a list is what it is, and a stream is over") {
  Newsroom room;
  room.site.start();
  Client list = room.ask("eve?wait=20"), stream = room.ask("eve/events");
  REQUIRE(room.has_watchers(2));
  std::promise<void> done;
  room.site.server->drain([&done] { done.set_value(); });
  const std::string answer = list.receive_all();
  CHECK(statuses(answer) == "200");
  CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(answer.find("\"messages\":[]") != std::string::npos);
  CHECK(statuses(stream.receive_all()) == "200");
  CHECK(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

namespace {

/// The handshake of RFC 6455 1.3.
const std::string kUpgrade =
    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A short frame of a client: masked by zeros.
std::string from_client(char opcode, const std::string& text) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | text.size())} + std::string(4, '\0') +
         text;
}

}  // namespace

TEST_CASE("a WebSocket tells what happens") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("bob/events?since=" + kFirstId, kUpgrade);
  const std::string head = until(client, "}}");
  CHECK(statuses(head) == "101");
  CHECK(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);  // of the RFC's example
  CHECK(head.find("\r\nCache-Control: no-store\r\n") != std::string::npos);
  CHECK(head.find("Beast") == std::string::npos);
  CHECK(head.find("{\"event\":\"message\",\"data\":{\"id\":\"" + kSecondId) != std::string::npos);
  REQUIRE(room.has_watchers(1));
  room.mail("bob", kThird);
  CHECK(until(client, "}}").find("{\"event\":\"message\",\"data\":{\"id\":\"" + kThird) != std::string::npos);
  REQUIRE(*room.site.world.store.remove(mail::Inbox::trusted("bob"), store::MessageId::trusted(kFirstId)));
  room.script.say("bob");
  CHECK(until(client, "}}").find("{\"event\":\"removed\",\"data\":{\"id\":\"" + kFirstId) != std::string::npos);
  client.send(from_client(9, "there?"));
  CHECK(until(client, "there?").find("\x8a\x06there?") != std::string::npos);  // a pong
  client.send(from_client(1, "what a client says is nothing"));
  client.send(from_client(8, ""));
  CHECK(client.receive_all().starts_with('\x88'));
  CHECK(room.site.has_connections(0));
  CHECK(room.has_watchers(0));
}

TEST_CASE("a WebSocket whose client goes, says too much or something too large is over") {
  Newsroom room;
  room.site.start();
  std::string much;
  for (std::size_t i = 0; i < HttpWebSocket::kMostSaid; ++i) much += from_client(1, "more");
  const std::string large{"\x81\xfe\x08\x00\0\0\0\0", 8};
  for (const std::string& said : {std::string(), much, large + std::string(2048, 'x'), std::string("\x81\x01x"),
                                  std::string("GET / HTTP/1.1\r\n\r\n")}) {
    Client client = room.ask("eve/events", kUpgrade);
    CHECK(statuses(until(client, "\r\n\r\n")) == "101");
    REQUIRE(room.has_watchers(1));
    if (said.empty())
      client.hang_up();
    else
      client.send(said);
    CHECK(room.has_watchers(0));
    CHECK(room.site.has_connections(0));
  }
}

TEST_CASE("a drain ends a WebSocket, whether its client answers or not") {
  Newsroom room;
  room.site.start();
  Client client = room.ask("eve/events", kUpgrade);
  until(client, "\r\n\r\n");
  REQUIRE(room.has_watchers(1));
  std::promise<void> done;
  room.site.server->drain([&done] { done.set_value(); });
  CHECK(client.receive_all().find("\x88\x02\x03\xe9") != std::string::npos);  // 1001, going away
  CHECK(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("what is no handshake, or of a page elsewhere that may not read, is refused") {
  Newsroom room;
  room.site.world.config.api.cors = {"https://friend.example"};
  room.site.start();
  const auto status_of = [&](const std::string& fields) {
    Client client = room.ask("eve/events", fields);
    return statuses(until(client, "\r\n\r\n"));
  };
  CHECK(status_of(kUpgrade + "Origin: https://evil.example\r\n") == "403");
  CHECK(status_of(kUpgrade + "Origin: null\r\n") == "403");
  CHECK(status_of(kUpgrade + "Origin: https://friend.example\r\n") == "101");
  CHECK(status_of(kUpgrade + "Origin: http://x\r\n") == "101");  // our own page
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  CHECK(status_of(upgrade) == "400");
  CHECK(status_of(upgrade + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: a\r\n") == "400");
  CHECK(status_of("Upgrade: websocket\r\n") == "200");  // a proxy passed it on that knows nothing of it
  CHECK(status_of("Upgrade: h2c\r\n") == "200");
}

TEST_CASE("without news nobody waits") {
  Site site;
  site.start();
  CHECK(statuses(site.get("/api/v3/mailboxes/eve?wait=20")) == "200");
  CHECK(statuses(site.get("/api/v3/mailboxes/eve/events")) == "200");
  Client client = site.connect();
  client.send("GET /api/v3/mailboxes/eve/events HTTP/1.1\r\nHost: x\r\n" + kUpgrade + "\r\n");
  CHECK(statuses(client.receive_answer()) == "503");
}
