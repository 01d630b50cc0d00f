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

TEST_CASE("health: metrics are Prometheus text") {
  World world;
  world.metrics.counter("maildrop_test_total", "A test.").add(2);
  const Response response = dispatch(request("GET", {"metrics"}), world.context);
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(response.body.find("maildrop_test_total 2\n") != std::string::npos);
}
