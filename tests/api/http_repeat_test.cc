/// http_repeat_test.cc: over the wire, who has the answer of the one before, and who does not.
#include <algorithm>
#include <catch2/catch.hpp>

#include "api/wire.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kHost = "Host: x\r\n";
const std::string kGet = "GET /v2/mailbox/bob HTTP/1.1\r\n" + kHost + "\r\n";
const std::string kLast = "GET /livez HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n";

}  // namespace

TEST_CASE("http_server: the same request has the answer of the one before, while store and settings are the same") {
  Site site;
  site.world.store.mark = 1;
  site.world.config.limits.exempt.clear();
  site.world.config.api.request_rate = 6;
  site.start();
  Client client = site.connect();
  const auto ask = [&](const std::string& request) {
    client.send(request);
    const std::string answer = client.receive_answer();
    CHECK(all_guarded(answer));
    return answer;
  };
  const auto body_of = [](const std::string& answer) { return answer.substr(answer.find("\r\n\r\n")); };
  const auto repeated = [&] { return site.world.metrics.total("maildrop_http_repeated_total"); };
  const std::string first = ask(kGet);
  CHECK(site.world.store.calls() == 1);
  const std::string second = ask(kGet);
  CHECK(site.world.store.calls() == 1);
  CHECK(repeated() == 1);
  CHECK(body_of(second) == body_of(first));
  // All fields are there, and those of its client's rate are of now.
  CHECK(std::count(second.begin(), second.end(), '\n') == std::count(first.begin(), first.end(), '\n'));
  CHECK(first.find("\r\nRateLimit: \"client\";r=5;") != std::string::npos);
  CHECK(second.find("\r\nRateLimit: \"client\";r=4;") != std::string::npos);

  site.world.store.mark = 2;
  CHECK(statuses(ask(kGet)) == "200");
  CHECK(site.world.store.calls() == 2);
  Config next = site.world.config;
  next.inbox.reserved.emplace_back("bob");
  site.server->apply(next);
  CHECK(statuses(ask(kGet)) == "403");
  next.inbox.reserved.pop_back();
  site.server->apply(next);
  CHECK(statuses(ask(kGet)) == "200");
  CHECK(statuses(ask(kGet)) == "200");
  CHECK(repeated() == 2);
  CHECK(statuses(ask(kGet)) == "429");  // and what is kept costs as much
  CHECK(repeated() == 2);
  CHECK(site.world.metrics.total("maildrop_http_requests_total", "status=\"2xx\"") == 5);
}

TEST_CASE("http_server: what is no list or message, waits, comes in pieces or fails is made anew") {
  const std::string kClose = "GET /v2/mailbox/bob HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n";
  Site site;
  site.world.store.mark = 1;
  site.start();
  for (const std::string& request :
       {"HEAD /v2/mailbox/bob HTTP/1.1\r\n" + kHost + "\r\n", "GET /v2/mailbox/admin HTTP/1.1\r\n" + kHost + "\r\n",
        "GET /api/v3/mailboxes/bob/feed.atom HTTP/1.1\r\n" + kHost + "\r\n",
        "GET /api/v3/mailboxes/eve?wait=1 HTTP/1.1\r\n" + kHost + "\r\n", kClose}) {
    INFO(request);
    for (int i = 0; i < 2; ++i) {
      Client client = site.connect();
      client.send(request);
      client.end_sending();
      CHECK_FALSE(statuses(client.receive_all()).empty());
    }
  }
  CHECK(statuses(site.say(kGet + kGet + kClose)) == "200 200 200");
  CHECK(statuses(site.say(kGet + kClose)) == "200 200");
  CHECK(site.world.metrics.total("maildrop_http_repeated_total") == 0);
  // Behind an answer that is kept, another request in the same piece.
  Client client = site.connect();
  client.send(kGet);
  client.receive_answer();
  client.send(kGet + kLast);
  CHECK(statuses(client.receive_all()) == "200 200");
  CHECK(site.world.metrics.total("maildrop_http_repeated_total") == 0);
  Client split = site.connect();
  split.send(kGet.substr(0, 10));
  site.get("/livez");  // behind it
  split.send(kGet.substr(10));
  CHECK(statuses(split.receive_answer()) == "200");
  site.world.store.mark = 0;
  site.get("/v2/mailbox/bob");
  site.get("/v2/mailbox/bob");
  CHECK(site.world.metrics.total("maildrop_http_repeated_total") == 0);
}

TEST_CASE("http_server: an answer that is kept counts for whom a proxy names, and for nobody else") {
  const auto from = [](const std::string& client) {
    return "GET /v2/mailbox/bob HTTP/1.1\r\n" + kHost + "X-Forwarded-For: " + client + "\r\n\r\n";
  };
  Site site;
  site.world.store.mark = 1;
  site.world.config.limits.exempt.clear();
  site.world.config.api.proxies = {*Network::parse("127.0.0.0/8")};
  site.world.config.api.request_rate = 2;
  site.start();
  Client proxy = site.connect();
  const auto ask = [&](const std::string& client) {
    proxy.send(from(client));
    return statuses(proxy.receive_answer());
  };
  CHECK(ask("192.0.2.1") == "200");
  CHECK(ask("192.0.2.1") == "200");
  CHECK(site.world.metrics.total("maildrop_http_repeated_total") == 1);
  CHECK(ask("192.0.2.1") == "429");
  CHECK(ask("198.51.100.1") == "200");
  CHECK(site.world.metrics.total("maildrop_http_repeated_total") == 1);
}
