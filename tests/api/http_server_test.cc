/// http_server_test: raw bytes against the real server on loopback.
#include "api/http_server.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "api/wire.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kHost = "Host: x\r\n";
const std::string kGet = "GET /v2/mailbox/bob HTTP/1.1\r\n" + kHost + "\r\n";
const std::string kLast = "GET /livez HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n";

struct Case {
  std::string name;
  std::string bytes;
  std::string statuses;  // of all answers until the server hangs up
};

const std::vector<Case> kCases = {
    {"one request", kLast, "200"},
    {"kept alive", kGet + kLast, "200 200"},
    {"HTTP/1.0", "GET /livez HTTP/1.0\r\n\r\n", "200"},
    {"HTTP/1.0 kept alive", "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + kLast, "200 200"},
    {"pipelined", kGet + kGet + kGet + kLast, "200 200 200 200"},
    {"unknown path", "GET /x HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "404 200"},
    {"method not allowed", "POST /livez HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\nhi" + kLast, "405 200"},
    {"options", "OPTIONS /v2/mailbox/bob HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "204 200"},
    {"reserved", "GET /v2/mailbox/admin HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "403 200"},
    {"illegal name", "GET /v2/mailbox/%20 HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "400 200"},
    {"unknown message", "GET /v2/mailbox/bob/" + kUnknownId + " HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "404 200"},
    {"foreign page",
     "DELETE /v2/mailbox/bob/" + kFirstId + " HTTP/1.1\r\n" + kHost + "Origin: http://evil\r\n\r\n" + kLast, "403 200"},
    {"unknown id", "DELETE /v2/mailbox/bob/" + kUnknownId + " HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "404 200"},
    {"asked to go ahead",
     "POST /livez HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n" + kLast, "405 200"},
    {"unknown expectation", "GET /livez HTTP/1.1\r\n" + kHost + "Expect: more\r\n\r\n" + kLast, "417"},
    // From here on the connection ends with the refusal: what follows is not read as a request.
    {"chunked", "POST /livez HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kLast, "501"},
    {"smuggled", "POST /livez HTTP/1.1\r\n" + kHost + "Transfer-Encoding: xchunked\r\n\r\n" + kLast, "501"},
    {"length and chunked",
     "POST /livez HTTP/1.1\r\n" + kHost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + kLast, "400"},
    {"two lengths", "POST /x HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na" + kLast, "400"},
    {"body on GET", "GET /livez HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\n\r\na" + kLast, "400"},
    {"no Host", "GET /livez HTTP/1.1\r\n\r\n" + kLast, "400"},
    {"two Hosts", "GET /livez HTTP/1.1\r\n" + kHost + kHost + "\r\n" + kLast, "400"},
    {"folded", "GET /livez HTTP/1.1\r\n" + kHost + " y\r\n\r\n" + kLast, "400"},
    {"bare LF", "GET /livez HTTP/1.1\nHost: x\n\n" + kLast, "400"},
    {"space before the colon", "GET /livez HTTP/1.1\r\nHost : x\r\n\r\n" + kLast, "400"},
    {"NUL in a name", "GET /v2/mailbox/a%00b HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "400"},
    {"slash in a name", "GET /v2/mailbox/..%2fb HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "400"},
    {"absolute form", "GET http://x/livez HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "400"},
    {"TLS hello", "\x16\x03\x01\x02\x01\xfc", "400"},
    {"unknown method", "BREW /livez HTTP/1.1\r\n" + kHost + "\r\n" + kLast, "501"},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
    {"compressed", "POST /livez HTTP/1.1\r\n" + kHost + "Content-Encoding: gzip\r\n\r\n" + kLast, "415"},
    {"body too large", "POST /livez HTTP/1.1\r\n" + kHost + "Content-Length: 65537\r\n\r\n" + std::string(65537, 'a'),
     "413"},
    {"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n", "414"},
    {"large header", "GET / HTTP/1.1\r\n" + kHost + "A: " + std::string(9000, 'a') + "\r\n\r\n", "431"},
    {"nothing", "", ""},
    {"half a request", "GET /livez HT", ""},
};

std::string many_fields(int count) {
  std::string out = "GET /livez HTTP/1.1\r\n" + kHost + "Connection: close\r\n";
  for (int i = 0; i < count; ++i) out += "a:\r\n";
  return out + "\r\n";
}

}  // namespace

TEST_CASE("http_server: what comes back, and when it hangs up") {
  Site site;
  site.start();
  for (const Case& each : kCases) {
    INFO(each.name);
    Client client = site.connect();
    client.send(each.bytes);
    if (each.statuses.empty()) client.end_sending();
    const std::string answers = client.receive_all();
    CHECK(statuses(answers) == each.statuses);
    CHECK(all_guarded(answers));
    CHECK(client.closed());
    CHECK(site.world.store.count("bob") == 2);
  }
  CHECK(statuses(site.say(many_fields(98))) == "200");
  CHECK(statuses(site.say(many_fields(99))) == "431");
}

TEST_CASE("http_server: byte by byte is the same") {
  Site site;
  site.start();
  for (const std::string& bytes :
       {kGet + kLast, "POST /livez HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\nhi" + kLast}) {
    Client client = site.connect();
    for (const char c : bytes) REQUIRE(client.send({&c, 1}));
    CHECK(statuses(client.receive_all()).ends_with(" 200"));
  }
}

TEST_CASE("http_server: a whole answer") {
  Site site;
  site.start();
  CHECK(site.get("/v2/mailbox/nobody") ==
        "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Content-Length: 30\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: no-referrer\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
        "{\"altinbox\":\"\",\"messages\":[]}\n");
  CHECK(site.get("/x").find("X-Request-Id: ") != std::string::npos);
}

TEST_CASE("http_server: HEAD has the length of GET and no body") {
  Site site;
  site.start();
  const std::string answer = site.say("HEAD /v2/mailbox/nobody HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n");
  CHECK(answer.find("Content-Length: 30\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("http_server: raw is every byte") {
  Site site;
  std::string bytes = "Subject: x\r\n\r\n";
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7);
  site.world.store.add("eve", message(kFirstId, "x", bytes));
  site.start();
  const std::string answer = site.get("/api/v3/mailboxes/eve/latest/raw");
  CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == bytes);
}

TEST_CASE("http_server: a client that waits is told to go ahead") {
  Site site;
  site.start();
  Client client = site.connect();
  client.send("POST /livez HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.receive([](const std::string& got) { return got.ends_with("\r\n\r\n"); }) ==
        "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  CHECK(statuses(client.receive_answer()) == "405");
}

TEST_CASE("http_server: a header that drips has one deadline") {
  Site site;
  site.world.config.api.request_timeout = Millis(100);
  site.start();
  Client client = site.connect();
  client.send("GET / HTTP/1.1\r\n");
  bool sent = true;
  for (int i = 0; i < 500 && sent; ++i) {  // each byte comes well within the deadline
    sent = client.send("a");
    std::this_thread::sleep_for(Millis(20));
  }
  CHECK_FALSE(sent);
  Client patient = site.connect();
  patient.send("GET / HTTP/1.1\r\nHost");
  CHECK(statuses(patient.receive_all()) == "408");
  Client body = site.connect();
  body.send("POST /livez HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\nx");
  CHECK(statuses(body.receive_all()) == "408");
}

TEST_CASE("http_server: an idle connection is closed without a word") {
  Site site;
  site.world.config.api.idle_timeout = Millis(50);
  site.start();
  Client silent = site.connect();
  CHECK(silent.receive_all().empty());
  Client served = site.connect();
  served.send(kGet);
  CHECK(statuses(served.receive_all()) == "200");
  CHECK(site.has_connections(0));
}

TEST_CASE("http_server: a client that does not read is dropped") {
  Site site;
  site.world.config.api.write_timeout = Millis(100);
  site.world.store.add("eve", message(kFirstId, "x", std::string(32u << 20, 'x')));
  site.start();
  Client client = site.connect();
  client.small_window();
  client.send("GET /api/v3/mailboxes/eve/latest/raw HTTP/1.1\r\n" + kHost + "\r\n");
  REQUIRE(site.has_connections(1));
  CHECK(site.has_connections(0));
}

TEST_CASE("http_server: an honest client is served while others drip") {
  Site site;
  site.start();
  std::vector<Client> dripping;
  for (int i = 0; i < 200; ++i) {
    dripping.push_back(site.connect());
    REQUIRE(dripping.back().send(i % 2 ? "GET / HT" : ""));
  }
  REQUIRE(site.has_connections(200));
  CHECK(statuses(site.get("/v2/mailbox/bob")) == "200");
  for (Client& each : dripping) each.send("T");
  CHECK(statuses(site.get("/v2/mailbox/bob")) == "200");
}

TEST_CASE("http_server: who is turned away reads why, though it has sent something") {
  Site site;
  site.world.config.api.connections = 0;
  site.open();
  Client client = site.connect();
  client.send(kGet);
  site.start_loops();
  const std::string answer = client.receive_all();
  CHECK(statuses(answer) == "503");
  CHECK(all_guarded(answer));
  CHECK_FALSE(client.reset());
}

TEST_CASE("http_server: connections are capped in all") {
  Site site;
  site.world.config.api.connections = 2;
  site.start();
  Client one = site.connect();
  Client two = site.connect();
  REQUIRE(site.has_connections(2));
  Client three = site.connect();
  CHECK(statuses(three.receive_all()) == "503");
  one.hang_up();
  REQUIRE(site.has_connections(1));
  CHECK(statuses(site.get("/livez")) == "200");
}

TEST_CASE("http_server: connections are capped for each source that is not exempt") {
  for (const bool exempt : {false, true}) {
    INFO("exempt " << exempt);
    Site site;
    site.world.config.api.connections_per_source = 1;
    if (!exempt) site.world.config.limits.exempt.clear();
    site.start();
    Client one = site.connect();
    REQUIRE(site.has_connections(1));
    CHECK(statuses(site.get("/livez")) == (exempt ? "200" : "429"));
  }
}

TEST_CASE("http_server: a store that hangs stops neither the loop nor health") {
  Site site;
  site.world.config.api.workers = 1;
  site.world.config.api.waiting = 1;
  site.world.store.hold(true);
  site.start();
  Client at_work = site.connect();
  at_work.send(kGet);
  while (site.world.store.calls() == 0) std::this_thread::yield();
  Client waiting = site.connect();
  waiting.send(kGet);
  std::string refused;
  // One request is at work and one waits: of two more, at least one finds the queue full.
  Client third = site.connect();
  third.send(kGet);
  Client fourth = site.connect();
  fourth.send(kGet);
  CHECK(statuses(site.get("/livez")) == "200");
  CHECK(statuses(site.get("/metrics")) == "200");
  const std::string full = site.get("/v2/mailbox/bob");
  CHECK(statuses(full) == "503");
  CHECK(full.find("Retry-After: ") != std::string::npos);
  CHECK(is_v2_refusal(full));
  site.world.store.hold(false);
  CHECK(statuses(at_work.receive_answer()) == "200");
}

TEST_CASE("http_server: who asks a store that hangs is told so in time, and may ask again") {
  Site site;
  site.world.config.api.answer_timeout = Millis(50);
  site.world.store.hold(true);
  site.start();
  Client client = site.connect();
  client.send(kGet);
  const std::string late = client.receive_answer();
  CHECK(statuses(late) == "503");
  CHECK(late.find("Retry-After: ") != std::string::npos);
  CHECK(is_v2_refusal(late));
  CHECK(late.find("Connection: close") == std::string::npos);
  site.world.store.hold(false);
  std::string again;
  for (int i = 0; i < 100 && statuses(again) != "200"; ++i) {  // the worker may still be at the first one
    client.send(kGet);
    again = client.receive_answer();
  }
  CHECK(statuses(again) == "200");
}

TEST_CASE("http_server: without descriptors it waits, and goes on") {
  Site site;
  site.start();
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(0);
  Client client = site.connect();  // takes a descriptor before there are none
  REQUIRE(site.has_connections(1));
  Client second = site.connect();
  REQUIRE(site.has_connections(2));
  const int probe = dup(0);
  close(probe);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(probe) + 1;  // one more: the client's own end
  REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
  Client waiting = site.connect();
  waiting.send(kLast);
  pollfd none{-1, 0, 0};
  poll(&none, 0, 50);  // long enough for accept() to fail; nothing depends on it
  CHECK(site.server->connections() == 2);
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(statuses(waiting.receive_all()) == "200");
  close(next);
}

TEST_CASE("http_server: metrics count answers by class") {
  Site site;
  site.start();
  site.get("/livez");
  site.get("/x");
  site.say("nonsense\r\n\r\n");
  const metrics::Registry& metrics = site.world.metrics;
  CHECK(metrics.total("maildrop_http_requests_total", "status=\"2xx\"") == 1);
  CHECK(metrics.total("maildrop_http_requests_total", "status=\"4xx\"") == 2);
  CHECK(site.get("/metrics").find("maildrop_http_request_seconds_count 2\n") != std::string::npos);
}

TEST_CASE("http_server: new settings count from the next request on") {
  Site site;
  site.world.config.api.connections_per_source = 1;
  site.start();
  Config next = site.world.config;
  next.inbox.reserved.emplace_back("bob");
  next.limits.exempt.clear();
  next.api.connections = 0;  // counts need a restart: 429 below is not 503
  Client kept = site.connect();
  kept.send(kGet);
  CHECK(statuses(kept.receive_answer()) == "200");
  site.server->apply(next);
  kept.send(kGet);
  CHECK(statuses(kept.receive_answer()) == "403");
  CHECK(statuses(site.get("/livez")) == "429");
}

TEST_CASE("http_server: who sends many requests at once takes turns with others") {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "GET /livez HTTP/1.1\r\n" + kHost + "\r\n";
  Site site;
  site.open();
  Client one = site.connect(), other = site.connect();
  one.send(many);
  other.send("GET /metrics HTTP/1.1\r\n" + kHost + "\r\n");
  site.start_loops();
  const std::string metrics = other.receive_answer();
  const std::string name = "maildrop_http_requests_total{status=\"2xx\"} ";
  const std::size_t at = metrics.find(name);
  REQUIRE(at != std::string::npos);
  CHECK(std::stoi(metrics.substr(at + name.size())) < 250);
}

TEST_CASE("http_server: unix sockets are served, and are nobody's source") {
  World world;
  world.config.api.connections_per_source = 0;
  world.config.limits.exempt.clear();
  service::Loops loops(1);
  service::Offload offload(1, 8);
  const std::string path = "/tmp/maildrop-http-" + std::to_string(getpid()) + ".sock";
  auto listeners = service::open_listeners({Endpoint::parse("unix:" + path).value()}, 1);
  REQUIRE(listeners);
  HttpServer server(loops, std::move(*listeners), offload, world.context);
  server.start();
  loops.start();
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct {
    sa_family_t family = AF_UNIX;
    char path[108]{};
  } to;
  path.copy(to.path, sizeof to.path - 1);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  REQUIRE(send(fd, kLast.data(), kLast.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kLast.size()));
  char answer[4096];
  const ssize_t size = recv(fd, answer, sizeof answer, MSG_WAITALL);
  CHECK(statuses({answer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))}) == "200");
  close(fd);
  loops.stop();
  loops.join();
}
