/// routes_health_test: alive, ready, figures.
#include <catch2/catch.hpp>

#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

TEST_CASE("health: alive whatever the store does, ready only with it") {
  World world;
  CHECK(dispatch(request("GET", {"livez"}), world.context).status == 200);
  CHECK(dispatch(request("GET", {"readyz"}), world.context).status == 200);
  const std::function<std::string()> impaired = [] { return std::string("filters have no answers: dns\n"); };
  world.context.impaired = &impaired;
  CHECK(dispatch(request("GET", {"readyz"}), world.context).body == "ok\nfilters have no answers: dns\n");
  world.store.failure = Error{Code::unavailable, "cannot open '/var/x'"};
  CHECK(dispatch(request("GET", {"livez"}), world.context).status == 200);
  const Response response = dispatch(request("GET", {"readyz"}), world.context);
  CHECK(response.status == 503);
  CHECK(response.body ==
        "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
        "\"detail\":\"the store cannot be used\"}\n");
  CHECK(response.why == "cannot open '/var/x'");
}

TEST_CASE("health: deeply ready while a message goes all of its way") {
  World world;
  const auto ask = [&world](const std::string& deep) {
    return dispatch(request("GET", {"readyz"}, {}, {{"deep", deep}}), world.context);
  };
  CHECK(ask("1").status == 501);
  int asked = 0;
  CanaryAnswer next{CanaryAnswer::Kind::well, {}, "delivered in 3 ms"};
  const AskCanary canary = [&] {
    ++asked;
    return next;
  };
  world.context.canary = &canary;
  const std::function<std::string()> impaired = [] { return std::string("filters have no answers: dns\n"); };
  world.context.impaired = &impaired;
  CHECK(ask("1").body == "ok\ndelivered in 3 ms\nfilters have no answers: dns\n");
  CHECK(ask("0").body == "ok\nfilters have no answers: dns\n");
  CHECK(ask("yes").status == 400);
  CHECK(asked == 1);
  next = {CanaryAnswer::Kind::fails, "it could not be delivered", "451 a secret"};
  const Response failed = ask("1");
  CHECK(failed.status == 503);
  CHECK(header(failed, "Retry-After") == "5");
  CHECK(failed.body.find("it could not be delivered") != std::string::npos);
  CHECK(failed.body.find("secret") == std::string::npos);
  CHECK(failed.why == "451 a secret");
  next.kind = CanaryAnswer::Kind::impossible;
  CHECK(ask("1").status == 501);
  world.store.failure = Error{Code::unavailable, "gone"};
  CHECK(ask("1").status == 503);
  CHECK(asked == 3);
}

TEST_CASE("health: metrics are Prometheus text") {
  World world;
  world.metrics.counter("maildrop_test_total", "A test.").add(2);
  const Response response = dispatch(request("GET", {"metrics"}), world.context);
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(response.body.find("maildrop_test_total 2\n") != std::string::npos);
}

TEST_CASE("health: metrics are for whom api.metrics says") {
  World world;
  const auto status = [&](const char* client, std::map<std::string, std::string, std::less<>> fields = {},
                          const char* method = "GET") {
    Request asked = request(method, {"metrics"}, std::move(fields));
    asked.client = *IpAddress::parse(client);
    return dispatch(asked, world.context).status;
  };
  world.config.api.metrics = ApiSettings::Metrics::local;
  CHECK(status("127.0.0.1") == 200);
  CHECK(status("127.0.0.1", {{"x-forwarded-for", "192.0.2.1"}}) == 404);  // a proxy's client is no neighbour
  CHECK(status("127.0.0.1", {}, "OPTIONS") == 204);
  CHECK(status("127.0.0.1", {}, "POST") == 405);
  for (const char* method : {"GET", "HEAD", "OPTIONS", "POST"}) CHECK(status("192.0.2.1", {}, method) == 404);
  world.config.api.metrics = ApiSettings::Metrics::nobody;
  for (const char* method : {"GET", "HEAD", "OPTIONS", "POST"}) CHECK(status("127.0.0.1", {}, method) == 404);
}

TEST_CASE("health: the DNS as filters hear it, where there are any") {
  World world;
  Request asked = request("GET", {"dns", "mail.example", "mx"});
  asked.client = *IpAddress::parse("::1");
  const Response none = dispatch(asked, world.context);
  CHECK(none.status == 404);
  CHECK(none.body == dispatch(request("GET", {"nothing"}), world.context).body);
  bool fine = true;
  const AskDns ask = [&fine](const std::string& name, const std::string& type) -> Result<std::string> {
    if (!fine) return fail(Code::invalid, "'mx' is a secret");
    return name + " " + type + "\n";
  };
  world.context.ask_dns = &ask;
  CHECK(dispatch(asked, world.context).status == 404);
  world.config.api.dns = true;
  const Response answer = dispatch(asked, world.context);
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json; charset=utf-8");
  CHECK(answer.body == "mail.example mx\n");
  fine = false;
  const Response wrong = dispatch(asked, world.context);
  CHECK(wrong.status == 400);
  CHECK(wrong.body.find("secret") == std::string::npos);
  CHECK(wrong.why == "'mx' is a secret");
  const AskDns busy = [](const std::string&, const std::string&) -> Result<std::string> {
    return fail(Code::over_limit, "another one");
  };
  world.context.ask_dns = &busy;
  CHECK(dispatch(asked, world.context).status == 503);
}
