/// web_address_test.cc: URLs of webhooks, and that they do not lead into our own network.
#include "report/web_address.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::report;

namespace {

Monotonic soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

Result<std::vector<IpAddress>> find(const char* url, bool may_be_private = false) {
  const std::atomic<bool> cancelled = false;
  return find_addresses(*WebAddress::parse(url), may_be_private, soon(), cancelled);
}

}  // namespace

TEST_CASE("a URL is taken apart") {
  const auto web = WebAddress::parse("https://hook.example:8443/a/b?c=d");
  REQUIRE(web);
  CHECK(web->secure);
  CHECK(web->authority == "hook.example:8443");
  CHECK(web->host == "hook.example");
  CHECK(web->port == 8443);
  CHECK(web->target == "/a/b?c=d");
  CHECK(WebAddress::parse("https://hook.example")->port == 443);
  CHECK(WebAddress::parse("http://hook.example")->port == 80);
  CHECK(WebAddress::parse("http://hook.example")->target == "/");
  CHECK(WebAddress::parse("http://hook.example?x")->target == "/?x");
  CHECK(WebAddress::parse("http://[2001:db8::1]:81/")->host == "2001:db8::1");
  CHECK(WebAddress::parse("http://[2001:db8::1]/")->port == 80);
}

TEST_CASE("what is no URL of a webhook is refused") {
  for (const char* url :
       {"", "hook.example", "ftp://hook.example/", "https://", "https:///x", "https://user:secret@hook.example/",
        "https://hook.example/#x", "https://hook.example:0/", "https://hook.example:70000/", "https://hook.example:x/",
        "https://2001:db8::1/", "https://[hook.example]/", "https://ho ok/", "https://hook\r\nX: y/", "https://a%00b/"})
    CHECK_FALSE(WebAddress::parse(url));
}

TEST_CASE("only addresses of the internet are asked, unless the operator says so") {
  CHECK(find("http://8.8.8.8/"));
  for (const char* url : {"http://127.0.0.1/", "http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/",
                          "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fd00::1]/", "http://[fe80::1]/",
                          "http://0.0.0.0/", "http://100.64.0.1/", "http://localhost/"}) {
    INFO(url);
    const auto found = find(url);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == Code::invalid);
    CHECK(find(url, true));
  }
  CHECK(find("http://127.0.0.1:81/").error().what ==
        "'127.0.0.1' is at 127.0.0.1, which is not on the internet: see report.webhook_private");
}

TEST_CASE("a number that is no address in our form does not get past") {  // 2130706433 is 127.0.0.1 for some
  for (const char* url : {"http://2130706433/", "http://0x7f.1/", "http://127.1/"}) {
    const auto found = find(url);
    REQUIRE_FALSE(found);
  }
}
