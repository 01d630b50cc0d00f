/// redis_target_test: what a Redis URL says, and what is none.
#include "store/redis_target.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::store::redis;

namespace {

std::string shown(const Target& target) {
  std::string text;
  for (const Place& place : target.places) text += to_string(place) + " ";
  return text + target.master + "/" + std::to_string(target.database);
}

}  // namespace

TEST_CASE("redis target: servers, sockets, sentinels") {
  struct Case {
    const char* url;
    const char* says;
  };
  for (const Case& c : {Case{"redis://localhost", "localhost:6379 /0"},
                        {"redis://10.0.0.1:7000/3", "10.0.0.1:7000 /3"},
                        {"redis://10.0.0.1/", "10.0.0.1:6379 /0"},
                        {"redis://[::1]", "[::1]:6379 /0"},
                        {"redis://[2001:db8::1]:1/65535", "[2001:db8::1]:1 /65535"},
                        {"redis+unix:///run/redis.sock", "unix:/run/redis.sock /0"},
                        {"redis+unix:///run/redis.sock?db=2", "unix:/run/redis.sock /2"},
                        {"redis+sentinel://a,b:1,[::2]:3/mail/4", "a:26379 b:1 [::2]:3 mail/4"},
                        {"redis+sentinel://a/mail", "a:26379 mail/0"}}) {
    INFO(c.url);
    const auto target = parse_target(c.url);
    REQUIRE(target);
    CHECK(shown(*target) == c.says);
  }
}

TEST_CASE("redis target: everything else is refused, and no password is shown") {
  for (const char* url : {"redis:",
                          "redis:/x",
                          "redis://",
                          "redis:///1",
                          "redis://:1",
                          "redis://a:",
                          "redis://a:0",
                          "redis://a:65536",
                          "redis://a:1x",
                          "redis://a/x",
                          "redis://a/65536",
                          "redis://a/1/2",
                          "redis://::1",
                          "redis://[::1",
                          "redis://[::1]x",
                          "redis://a,b",
                          "redis+unix://",
                          "redis+unix://relative",
                          "redis+unix:///x?db=",
                          "redis+unix:///x?db=x",
                          "redis+unix:///x?other=1",
                          "redis+sentinel://a",
                          "redis+sentinel://a/",
                          "redis+sentinel://,/m",
                          "redis+sentinel:///m",
                          "rediss://a",
                          "http://a",
                          ""}) {
    INFO(url);
    const auto target = parse_target(url);
    REQUIRE_FALSE(target);
    CHECK(target.error().code == Code::invalid);
  }
  const auto secret = parse_target("redis://user:hunter2@a");
  REQUIRE_FALSE(secret);
  CHECK(secret.error().what.find("hunter2") == std::string::npos);
}
