/// request_test.cc: what is the same for questions in all protocols.
#include "service/request.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::service;

TEST_CASE("a question has an endpoint and a name, whatever its protocol") {
  const Request http = HttpRequest{*HttpUrl::parse("http://127.0.0.1:8000/mail")};
  const Request milter = MilterRequest{*Endpoint::parse("unix:/run/milter.sock")};
  CHECK(endpoint_of(http).to_string() == "127.0.0.1:8000");
  CHECK(name_of(http) == "127.0.0.1:8000/mail");
  CHECK(name_of(milter) == "unix:/run/milter.sock");
  CHECK(endpoint_of(milter).to_string() == name_of(milter));
  CHECK_FALSE(http == milter);
}

TEST_CASE("what strangers make long takes memory") {
  const std::string large(1000, 'x');
  HttpRequest http{*HttpUrl::parse("http://127.0.0.1/")};
  MilterRequest milter{*Endpoint::parse("127.0.0.1:1")};
  const std::uint64_t http_alone = memory_of(http), milter_alone = memory_of(milter);
  http.fields.emplace_back("X", large);
  http.body = large;
  milter.to = {large};
  milter.fields.emplace_back(large, large);
  milter.helo = large;
  CHECK(memory_of(http) >= http_alone + 2000);
  CHECK(memory_of(milter) >= milter_alone + 4000);
  CHECK(memory_of(HttpAnswer{200, large}) == 1000);
  CHECK(memory_of(MilterAnswer{MilterAnswer::Says::reject, "rcpt", large}) == 1000);
}
