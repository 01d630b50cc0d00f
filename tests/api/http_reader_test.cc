/// http_reader_test: bytes in any portions are the same requests.
#include "api/http_reader.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;
using Want = HttpReader::Want;

namespace {

/// What comes of the bytes: `GET /a/b [body]`, `100`, `<400>` for a refusal, in order.
std::string outcome(std::string_view bytes, std::size_t portion) {
  HttpReader reader({300, 10, 20});
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += portion) {
    Want want = reader.consume(bytes.substr(at, portion));
    while (want == Want::answer) {
      const Request request = reader.take();
      out += request.method;
      for (const std::string& segment : request.path) out += "/" + segment;
      out += "[" + request.body + "]" + (reader.keep_alive() ? " " : ". ");
      want = reader.next();
    }
    if (want == Want::go_ahead) out += "100 ";
    if (want == Want::close) return out + "<" + std::to_string(reader.refusal().status) + ">";
  }
  return out + (reader.idle() ? "idle" : "more");
}

struct Case {
  std::string bytes;
  std::string outcome;
};

const std::string kHost = "Host: x\r\n";

const std::vector<Case> kCases = {
    {"GET /a HTTP/1.1\r\n" + kHost + "\r\n", "GET/a[] idle"},
    {"GET /a HTTP/1.1\r\n" + kHost, "more"},
    {"GET /a HTTP/1.1\r\n" + kHost + "\r\nHEAD /b/c HTTP/1.1\r\n" + kHost + "\r\nG", "GET/a[] HEAD/b/c[] more"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n" + kHost + "\r\n",
     "POST/a[hello] GET/b[] idle"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhel", "more"},
    {"GET /a HTTP/1.0\r\n\r\n", "GET/a[]. idle"},
    {"GET /a HTTP/1.1\r\n" + kHost + "\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n" + kHost + "\r\n",
     "GET/a[] <400>"},
    {"GET /a HTTP/2.0\r\n" + kHost + "\r\n", "<505>"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "<505>"},
    {"GET /a HTTP/1.1\r\nHost : x\r\n\r\n", "<400>"},
    {"GET /a b HTTP/1.1\r\n" + kHost + "\r\n", "<400>"},
    {"GET  /a HTTP/1.1\r\n" + kHost + "\r\n", "<400>"},
    {"GET /a\r\n\r\n", "<400>"},
    {"GET /a HTTP/1.1\r\n" + kHost + "no colon\r\n\r\n", "<400>"},
    {"GET /a HTTP/1.1\r\n" + kHost + ": no name\r\n\r\n", "<400>"},
    {"GET /a HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "<400>"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Transfer-Encoding: xchunked\r\n\r\nGET /b HTTP/1.1\r\n", "<501>"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 21\r\n\r\n", "<413>"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 99999999999999999999\r\n\r\n", "<400>"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "<400>"},
    {"POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "<400>"},
};

}  // namespace

TEST_CASE("http_reader: requests and refusals, in any portions") {
  for (const Case& each : kCases) {
    INFO(each.bytes);
    for (std::size_t portion = 1; portion <= each.bytes.size(); ++portion) {
      INFO("portion " << portion);
      CHECK(outcome(each.bytes, portion) == each.outcome);
    }
  }
}

TEST_CASE("http_reader: leave to send a body is given only to who waits for it") {
  const std::string head = "POST /a HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  CHECK(outcome(head, 1000) == "100 more");
  CHECK(outcome(head + "abc", head.size()) == "100 POST/a[abc] idle");
  CHECK(outcome(head + "abc", 1000) == "POST/a[abc] idle");
}

TEST_CASE("http_reader: pipelined requests each have their own limits") {
  std::string many;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    many += "GET /" + std::to_string(i) + " HTTP/1.1\r\n" + kHost + "\r\n";
    expected += "GET/" + std::to_string(i) + "[] ";
  }
  CHECK(outcome(many, many.size()) == expected + "idle");
  CHECK(outcome(many, 13) == expected + "idle");
}
