/// http_check_test: what is refused before a route may see it.
#include "api/http_check.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

struct Case {
  std::string_view name;
  std::string_view method;
  std::string_view target;
  Fields fields;
  int status;  // 0: accepted
  unsigned version = 11;
};

const std::vector<Case> kCases = {
    {"plain", "GET", "/v2/mailbox/bob", {{"Host", "x"}}, 0},
    {"host with port", "GET", "/", {{"Host", "example.org:8080"}}, 0},
    {"IPv6 host", "GET", "/", {{"Host", "[::1]:8080"}}, 0},
    {"HTTP/1.0 without Host", "GET", "/", {}, 0, 10},
    {"HTTP/2.0", "GET", "/", {{"Host", "x"}}, 505, 20},
    {"HTTP/1.2", "GET", "/", {{"Host", "x"}}, 505, 12},
    {"no Host", "GET", "/", {}, 400},
    {"two Hosts", "GET", "/", {{"Host", "x"}, {"Host", "x"}}, 400},
    {"Host with a path", "GET", "/", {{"Host", "x/evil"}}, 400},
    {"two Hosts in one", "GET", "/", {{"Host", "x, y"}}, 400},
    {"lower-case method", "get", "/", {{"Host", "x"}}, 501},
    {"TRACE", "TRACE", "/", {{"Host", "x"}}, 501},
    {"CONNECT", "CONNECT", "x:25", {{"Host", "x"}}, 501},
    {"PRI", "PRI", "*", {{"Host", "x"}}, 501},
    {"absolute form", "GET", "http://x/", {{"Host", "x"}}, 400},
    {"asterisk form", "OPTIONS", "*", {{"Host", "x"}}, 400},
    {"chunked", "POST", "/", {{"Host", "x"}, {"Transfer-Encoding", "chunked"}}, 501},
    {"chunked, gzip", "POST", "/", {{"Host", "x"}, {"transfer-encoding", "chunked, gzip"}}, 501},
    {"identity", "GET", "/", {{"Host", "x"}, {"Transfer-Encoding", "identity"}}, 501},
    {"xchunked", "GET", "/", {{"Host", "x"}, {"Transfer-Encoding", "xchunked"}}, 501},
    {"chunked in 1.0", "GET", "/", {{"Transfer-Encoding", "chunked"}}, 501, 10},
    {"length and chunked",
     "POST",
     "/",
     {{"Host", "x"}, {"Content-Length", "3"}, {"Transfer-Encoding", "chunked"}},
     501},
    {"body on POST", "POST", "/", {{"Host", "x"}, {"Content-Length", "3"}}, 0},
    {"empty body on GET", "GET", "/", {{"Host", "x"}, {"Content-Length", "0"}}, 0},
    {"body on GET", "GET", "/", {{"Host", "x"}, {"Content-Length", "3"}}, 400},
    {"body on HEAD", "HEAD", "/", {{"Host", "x"}, {"Content-Length", "3"}}, 400},
    {"two lengths", "POST", "/", {{"Host", "x"}, {"Content-Length", "3"}, {"content-length", "4"}}, 400},
    {"two equal lengths", "POST", "/", {{"Host", "x"}, {"Content-Length", "3"}, {"Content-Length", "3"}}, 400},
    {"lengths in one", "POST", "/", {{"Host", "x"}, {"Content-Length", "1, 1"}}, 400},
    {"negative length", "POST", "/", {{"Host", "x"}, {"Content-Length", "-1"}}, 400},
    {"signed length", "POST", "/", {{"Host", "x"}, {"Content-Length", "+1"}}, 400},
    {"hexadecimal length", "POST", "/", {{"Host", "x"}, {"Content-Length", "0x1"}}, 400},
    {"empty length", "POST", "/", {{"Host", "x"}, {"Content-Length", ""}}, 400},
    {"length over 2^64", "POST", "/", {{"Host", "x"}, {"Content-Length", "18446744073709551617"}}, 400},
    {"body too large", "POST", "/", {{"Host", "x"}, {"Content-Length", "65537"}}, 413},
    {"largest body", "POST", "/", {{"Host", "x"}, {"Content-Length", "65536"}}, 0},
    {"gzip body", "POST", "/", {{"Host", "x"}, {"Content-Encoding", "gzip"}, {"Content-Length", "3"}}, 415},
    {"identity body", "POST", "/", {{"Host", "x"}, {"Content-Encoding", "identity"}, {"Content-Length", "3"}}, 0},
    {"unknown expectation", "POST", "/", {{"Host", "x"}, {"Expect", "cookies"}, {"Content-Length", "3"}}, 417},
    {"method override", "GET", "/", {{"Host", "x"}, {"X-HTTP-Method-Override", "DELETE"}}, 0},
};

struct Path {
  std::string_view target;
  bool legal;
  std::vector<std::string> path;
};

const std::vector<Path> kPaths = {
    {"/", true, {""}},
    {"/v2/mailbox/bob", true, {"v2", "mailbox", "bob"}},
    {"/a/", true, {"a", ""}},
    {"/a%20b/%2B", true, {"a b", "+"}},
    {"/a+b", true, {"a+b"}},
    {"/b%C3%BCb",
     true,
     {"b\xc3\xbc"
      "b"}},
    {"/%2561", true, {"%61"}},  // decoded once
    {"", false, {}},
    {"bob", false, {}},
    {"//evil.example/x", false, {}},
    {"/a%00b", false, {}},
    {"/a%0d%0ab", false, {}},
    {"/a%7fb", false, {}},
    {"/a%2fb", false, {}},
    {"/..%2fetc", false, {}},
    {"/../etc", false, {}},
    {"/a/%2e%2e/b", false, {}},
    {"/a/%2E/b", false, {}},
    {"/%", false, {}},
    {"/%4", false, {}},
    {"/%4x", false, {}},
    {"/%c0%ae", false, {}},
    {"/%ff", false, {}},
    {"/\xc3\xbc", false, {}},
    {"/a b", false, {}},
    {"/a#b", false, {}},
    {"/a\\b", false, {}},
    {"/a?b=%00", false, {}},
    {"/a?b=%zz", false, {}},
};

/// The status of the first refusal, 1 when the head is complete, 0 when it goes on.
int scan(std::string_view bytes, std::size_t portion, std::size_t* used = nullptr) {
  HeadScanner scanner({200, 3, 10});
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto step = scanner.consume(bytes.substr(at, portion));
    if (!step) return step.error().status;
    at += step->used;
    if (used) *used = at;
    if (step->complete) return 1;
  }
  return 0;
}

struct Head {
  std::string bytes;
  int outcome;
};

const std::vector<Head> kHeads = {
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\nrest", 1},
    {"GET / HTTP/1.1\r\nHost: x\r\n", 0},
    {"GET / HTTP/1.1\r\nA: \tb\r\n\r\n", 1},
    {"GET / HTTP/1.1\nHost: x\n\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
    {"GET / HTTP/1.1\rHost", 400},
    {"GET / HTTP/1.1\r\r\n", 400},
    {"\r\nGET / HTTP/1.1\r\n", 400},
    {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", 400},
    {" GET / HTTP/1.1\r\n", 400},
    {std::string("GET / HTTP/1.1\r\nA: \0b\r\n", 22), 400},
    {"GET / HTTP/1.1\r\nA: \x1b[0m\r\n", 400},
    {"\x16\x03\x01\x02", 400},  // a TLS hello
    {"GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\n\r\n", 1},
    {"GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\n", 431},
    {"GET /" + std::string(300, 'a'), 414},
    {"GET / HTTP/1.1\r\nA: " + std::string(300, 'a'), 431},
};

}  // namespace

TEST_CASE("http_check: requests that a parser lets through are refused") {
  for (const Case& each : kCases) {
    INFO(each.name);
    const auto checked = check_request({each.version, each.method, each.target, each.fields}, HttpLimits());
    CHECK((checked ? 0 : checked.error().status) == each.status);
  }
}

TEST_CASE("http_check: a path is decoded once, by segment") {
  for (const Path& each : kPaths) {
    INFO(each.target);
    const auto target = parse_target(each.target);
    CHECK(target.has_value() == each.legal);
    if (target) CHECK(target->path == each.path);
  }
}

TEST_CASE("http_check: a query is decoded, the last of equal keys counts") {
  const auto target = parse_target("/a?x=1&y=a+b%26c&x=2&&z&=q");
  REQUIRE(target);
  CHECK(target->query == decltype(target->query){{"x", "2"}, {"y", "a b&c"}, {"z", ""}, {"", "q"}});
}

TEST_CASE("http_check: heads end at the empty line, in any portions") {
  for (const Head& each : kHeads) {
    INFO(each.bytes);
    for (const std::size_t portion : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}})
      CHECK(scan(each.bytes, portion) == each.outcome);
  }
}

TEST_CASE("http_check: what follows a head is left alone") {
  std::size_t used = 0;
  CHECK(scan("GET / HTTP/1.1\r\n\r\nGET", 100, &used) == 1);
  CHECK(used == 18);
}

TEST_CASE("http_check: fields are kept in lower case, equal ones joined") {
  const auto checked = check_request(
      {11, "DELETE", "/", {{"HOST", "x"}, {"Origin", "http://x"}, {"origin", "http://evil"}}}, HttpLimits());
  REQUIRE(checked);
  CHECK(checked->request.headers.at("host") == "x");
  CHECK(checked->request.headers.at("origin") == "http://x, http://evil");
}

TEST_CASE("http_check: an Upgrade is one of HTTP/1.1 that the field Connection names") {
  struct Row {
    unsigned version;
    std::string_view connection;
    bool there;
  };
  for (const Row& each : {Row{11, "Upgrade", true}, Row{11, "keep-alive, upgrade", true}, Row{11, "keep-alive", false},
                          Row{11, "upgrades", false}, Row{10, "Upgrade", false}}) {
    INFO(each.version << " " << each.connection);
    const auto checked = check_request(
        {each.version, "GET", "/", {{"Host", "x"}, {"Upgrade", "websocket"}, {"Connection", each.connection}}}, {});
    REQUIRE(checked);
    CHECK(checked->request.headers.contains("upgrade") == each.there);
  }
}

TEST_CASE("http_check: connections are kept as the version says") {
  struct Row {
    unsigned version;
    std::string_view connection;
    bool kept;
  };
  for (const Row& each : {Row{11, "", true}, Row{11, "Close", false}, Row{11, "x, close", false}, Row{10, "", false},
                          Row{10, "Keep-Alive", true}}) {
    INFO(each.version << " " << each.connection);
    const auto checked =
        check_request({each.version, "GET", "/", {{"Host", "x"}, {"Connection", each.connection}}}, {});
    REQUIRE(checked);
    CHECK(checked->keep_alive == each.kept);
  }
}
