/// http_rates_test: what a server says to clients that ask too much, and what that costs it.
#include <catch2/catch.hpp>

#include "api/wire.h"
#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

const std::string kGet = "GET /v2/mailbox/bob HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kLast = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Clients on loopback are counted, too.
void allow(Site& site, unsigned request_rate, unsigned inbox_rate) {
  site.world.config.limits.exempt.clear();
  site.world.config.api.request_rate = request_rate;
  site.world.config.api.inbox_rate = inbox_rate;
}

}  // namespace

TEST_CASE("http_rates: a client that asks too much hears when to come again, without a worker or the store") {
  Site site;
  allow(site, 2, 0);
  site.start();
  const std::string first = site.get("/v2/mailbox/bob");
  CHECK(first.find("\r\nRateLimit-Policy: \"client\";q=2;w=60\r\nRateLimit: \"client\";r=1;t=30\r\n") !=
        std::string::npos);
  CHECK(statuses(site.get("/x")) == "404");  // counts, too
  const int calls = site.world.store.calls();
  site.world.store.hold(true);
  const std::string refused = site.get("/v2/mailbox/bob");
  CHECK(is_v2_refusal(refused));
  CHECK(statuses(refused) == "429");
  CHECK(refused.find("\r\nRetry-After: 30\r\n") != std::string::npos);
  CHECK(refused.find("\r\nRateLimit: \"client\";r=0;t=30\r\n") != std::string::npos);
  CHECK(refused.ends_with("{\"error\":\"rate limited\"}\n"));
  const std::string problem = site.get("/api/v3/mailboxes/bob");
  CHECK(problem.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos);
  CHECK(problem.find("\"detail\":\"rate limited\"") != std::string::npos);
  CHECK(statuses(site.get("/livez")) == "200");
  CHECK(statuses(site.get("/metrics")) == "429");
  CHECK(statuses(site.say("OPTIONS /v2/mailbox/bob HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == "204");
  CHECK(site.world.store.calls() == calls);
  CHECK(site.world.metrics.total("maildrop_http_rate_limited_total", "of=\"client\"") == 3);
  site.world.store.hold(false);
  site.world.clock.advance(Millis(30'000));
  CHECK(statuses(site.get("/v2/mailbox/bob")) == "200");
}

TEST_CASE("http_rates: the connection goes on after a refusal") {
  Site site;
  allow(site, 1, 0);
  site.start();
  CHECK(statuses(site.say(kGet + kGet + kLast)) == "200 429 200");
}

TEST_CASE("http_rates: rates are of whom a proxy names, and of none who is exempt") {
  Site site;
  allow(site, 1, 0);
  site.world.config.api.proxies = {Network::parse("127.0.0.0/8").value()};
  site.world.config.limits.exempt = {Network::parse("192.0.2.0/24").value()};
  site.start();
  const auto get = [&site](const std::string& client) {
    return statuses(site.say(
        "GET /v2/mailbox/bob HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: " + client + "\r\n\r\n"));
  };
  CHECK(get("198.51.100.1") == "200");
  CHECK(get("198.51.100.1") == "429");
  CHECK(get("192.0.2.9, 198.51.100.1") == "429");  // what he wrote himself
  CHECK(get("198.51.100.2") == "200");
  for (int i = 0; i < 3; ++i) CHECK(get("192.0.2.1") == "200");
}

TEST_CASE("http_rates: an inbox is one by all its spellings and routes; who asks for others is served") {
  Site site;
  allow(site, 100, 3);
  site.start();
  CHECK(statuses(site.get("/v2/mailbox/bob")) == "200");
  CHECK(statuses(site.get("/api/v3/mailboxes/BOB%2Bshop@example.org/latest")) == "200");
  CHECK(statuses(site.get("/v2/mailbox/b%6fb/" + kUnknownId)) == "404");
  const std::string refused = site.get("/api/v3/mailboxes/bob");
  CHECK(statuses(refused) == "429");
  CHECK(refused.find("\r\nRateLimit-Policy: \"inbox\";q=3;w=60\r\n") != std::string::npos);
  CHECK(refused.find("\r\nRetry-After: 20\r\n") != std::string::npos);
  CHECK(site.world.metrics.total("maildrop_http_rate_limited_total", "of=\"inbox\"") == 1);
  CHECK(statuses(site.get("/v2/mailbox/alice")) == "200");
  for (int i = 0; i < 5; ++i) CHECK(statuses(site.get("/v2/mailbox/admin")) == "403");
  for (int i = 0; i < 5; ++i) CHECK(statuses(site.get("/v2/mailbox/%20")) == "400");
}

TEST_CASE("http_rates: rates are those of the settings in force") {
  Site site;
  allow(site, 1, 0);
  site.start();
  CHECK(statuses(site.say(kGet + kGet + kLast)) == "200 429 200");
  Config next = site.world.config;
  next.api.request_rate = 0;
  site.server->apply(next);
  CHECK(statuses(site.say(kGet + kGet + kLast)) == "200 200 200");
}

TEST_CASE("http_rates: what was asked of one process is missing with the next, though the first one has ended") {
  FakeClock clock;
  metrics::Registry registry;
  const auto ledger = store::make_memory_ledger(clock, 100);
  store::Bookkeeper bookkeeper(*ledger, registry);
  {
    Site first;
    allow(first, 20, 0);
    first.ledger = &bookkeeper;
    first.start();
    for (int i = 0; i < 15; ++i) CHECK(statuses(first.get("/v2/mailbox/bob")) == "200");
    std::promise<void> drained;
    first.server->drain([&drained] { drained.set_value(); });
    REQUIRE(drained.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  }
  const store::Rate rate{20, std::chrono::minutes(1), 40};
  std::promise<std::int64_t> left;
  bookkeeper.ask(store::Operation::take("rate-request", "127.0.0.1", 0, rate),
                 [&left](const Result<store::Answer>& answer) { left.set_value(answer ? answer->left : -1); });
  CHECK(left.get_future().get() == 25);
}
