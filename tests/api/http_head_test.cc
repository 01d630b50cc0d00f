/// http_head_test: the bytes before a body.
#include "api/http_head.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::api;

TEST_CASE("http_head: the whole head") {
  Response response;
  response.body = "{}";
  response.headers.emplace_back("Cache-Control", "no-store");
  HeadOptions options;
  options.now = from_millis(1'700'000'000'000);
  options.keep_alive = true;
  CHECK(response_head(response, options) ==
        "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Content-Length: 2\r\nCache-Control: no-store\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("http_head: 204 and 304 have no length, failures have an id") {
  Response response;
  response.status = 204;
  response.content_type.clear();
  CHECK(response_head(response, {from_millis(0), false, "abc"}) ==
        "HTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Request-Id: abc\r\n"
        "Connection: close\r\n\r\n");
  response.status = 304;
  CHECK(response_head(response, {from_millis(0), false, ""}) ==
        "HTTP/1.1 304 Not Modified\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: close\r\n\r\n");
}

TEST_CASE("http_head: a value cannot become a field") {
  Response response;
  response.headers.emplace_back("X", "a\r\nSet-Cookie: b");
  response.headers.emplace_back("Y", "a\nb");
  const std::string head = response_head(response, {});
  CHECK(head.find("Set-Cookie") == std::string::npos);
  CHECK(head.find("Y:") == std::string::npos);
}
