/// routes_v3_status_test: what anybody may know of a server.
#include <catch2/catch.hpp>

#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

TEST_CASE("v3 status: what is taken, and how much of it") {
  World world;
  world.config.mail.domains = {"example.test", "example.org"};
  world.config.api.wait_time = std::chrono::seconds(30);
  const auto ask = [&] { return dispatch(request("GET", {"api", "v3", "status"}), world.context); };
  CHECK(ask().body ==
        R"({"api":"v3","takes_mail":true,"domains":["example.test","example.org"],"aliases":false,"max_wait":30,)"
        R"("limits":{"max_messages":10,"max_size":0,"max_age":86400,"max_message_size":524288}})"
        "\n");
  world.config.mail.domains = {"*"};
  CHECK(ask().body.find("\"domains\":null") != std::string::npos);
  world.store.failure = Error{Code::unavailable, "the disk of 10.0.0.1 is gone"};
  CHECK(ask().status == 200);
  CHECK(ask().body.find("\"takes_mail\":false") != std::string::npos);
  CHECK(ask().body.find("10.0.0.1") == std::string::npos);
  world.context.takes_mail = false;
  CHECK(ask().body.find("\"takes_mail\":null") != std::string::npos);
}
