/// http_request_test.cc: which URLs there are, and what is sent.
#include "service/http_request.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::service;

TEST_CASE("a URL is an address or a socket, and a path") {
  const auto parsed = [](std::string_view text) -> std::string {
    const Result<HttpUrl> url = HttpUrl::parse(text);
    return url ? url->endpoint.to_string() + " " + url->target : "none";
  };
  CHECK(parsed("http://127.0.0.1:8000/a?b=c") == "127.0.0.1:8000 /a?b=c");
  CHECK(parsed("http://192.0.2.1") == "192.0.2.1:80 /");
  CHECK(parsed("http://[::1]/") == "[::1]:80 /");
  CHECK(parsed("http://[2001:db8::1]:81") == "[2001:db8::1]:81 /");
  CHECK(parsed("unix:/run/x.sock") == "unix:/run/x.sock /");
  CHECK(parsed("unix:/run/x.sock:/check") == "unix:/run/x.sock /check");
  for (const char* none :
       {"", "http://", "http://localhost/", "https://127.0.0.1/", "http://127.0.0.1:0/", "http://:80/",
        "http://127.0.0.1:99999/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y",
        "unix:", "unix:/run/x.sock:check", "127.0.0.1:80", "http://u@127.0.0.1/"})
    CHECK(parsed(none) == "none");
}

TEST_CASE("the head has what HTTP wants, and no field that a value adds") {
  HttpRequest request{*HttpUrl::parse("http://[::1]:81/x"), {{"From", "a\r\nEvil: yes"}}, "{}"};
  CHECK(request.head(1000) ==
        "POST /x HTTP/1.1\r\nHost: [::1]:81\r\nUser-Agent: maildrop\r\nContent-Length: 2\r\nFrom: a  Evil: "
        "yes\r\n\r\n");
  CHECK(HttpUrl::parse("unix:/run/x.sock")->host() == "localhost");
}

TEST_CASE("the size of a body has the text between its parts") {
  HttpRequest request{*HttpUrl::parse("http://[::1]/"), {}, "ab"};
  request.rest = "c";
  CHECK(request.body_size(10) == 3);
  request.between = HttpRequest::Between::plain;
  CHECK(request.body_size(10) == 13);
  request.between = HttpRequest::Between::base64;
  CHECK(request.body_size(10) == 19);
  CHECK(request.body_size(0) == 3);
}
