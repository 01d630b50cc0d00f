/// site_test: hosts that are ours and origins that may read, where the server is public and where it is not.
#include "api/site.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::api;

namespace {

Config listening(const std::vector<std::string>& at) {
  Config config;
  config.smtp.hostname = "Mx.Example.org";
  config.api.listen.clear();
  for (const std::string& each : at) config.api.listen.push_back(Endpoint::parse(each).value());
  return config;
}

const std::vector<std::vector<std::string>> kPrivate = {
    {"127.0.0.1:80"}, {"[::1]:80"}, {"unix:/x"}, {"127.9.9.9:80", "unix:/x", "[::1]:0"}};
const std::vector<std::vector<std::string>> kPublic = {
    {"*:80"}, {"192.0.2.1:80"}, {"127.0.0.1:80", "[2001:db8::1]:80"}, {"0.0.0.0:80"}, {"[::]:80"}, {"fd:api"}};

}  // namespace

TEST_CASE("site: a server on loopback is called by loopback names or its own") {
  for (const auto& at : kPrivate) {
    const Config config = listening(at);
    for (const char* ours :
         {"localhost", "LocalHost:8080", "a.localhost:1", "localhost.", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3:80",
          "[::1]", "[::1]:8080", "mx.example.org", "MX.example.org:80", ""}) {
      INFO(ours);
      CHECK(is_our_host(ours, config));
    }
    for (const char* other : {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
                              "notlocalhost", "128.0.0.1", "192.168.1.1:8080", "[2001:db8::1]:80", "0.0.0.0", "[::]",
                              "mx.example.org.evil.example", ".", ":80", "[", "]:["}) {
      INFO(other);
      CHECK_FALSE(is_our_host(other, config));
    }
  }
}

TEST_CASE("site: a public server has any name, unless it has a list") {
  for (const auto& at : kPublic) {
    Config config = listening(at);
    CHECK(is_our_host("evil.example", config));
    config.api.hosts = {"mail.example.org", "[2001:db8::1]"};
    CHECK(is_our_host("Mail.example.org:8443", config));
    CHECK(is_our_host("[2001:db8::1]:80", config));
    CHECK_FALSE(is_our_host("evil.example", config));
    CHECK_FALSE(is_our_host("localhost", config));
  }
  Config config = listening({"127.0.0.1:80"});
  config.api.hosts = {"*"};
  CHECK(is_our_host("evil.example", config));
}

TEST_CASE("site: pages elsewhere read a public server, and none on loopback") {
  for (const auto& at : kPublic) {
    Config config = listening(at);
    for (const char* origin : {"https://evil.example", "null", ""}) CHECK(may_read(origin, config));
    config.api.cors = {"https://app.example.org", "http://localhost:3000"};
    CHECK(may_read("https://APP.example.org", config));
    CHECK(may_read("http://localhost:3000", config));
    for (const char* origin : {"http://app.example.org", "https://app.example.org:8443", "http://localhost", "null"})
      CHECK_FALSE(may_read(origin, config));
  }
  for (const auto& at : kPrivate) {
    Config config = listening(at);
    for (const char* origin :
         {"http://localhost:3000", "https://app.localhost", "http://127.0.0.1:8080", "http://[::1]:3000", ""}) {
      INFO(origin);
      CHECK(may_read(origin, config));
    }
    for (const char* origin :
         {"https://evil.example", "http://localhost.evil.example", "http://mx.example.org", "null", "file://", "x"}) {
      INFO(origin);
      CHECK_FALSE(may_read(origin, config));
    }
    config.api.cors = {"*"};
    CHECK(may_read("null", config));
  }
}
