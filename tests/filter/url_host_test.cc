/// url_host_test.cc: hosts of URLs as browsers see them, and as those write them who would hide one.
#include "filter/url_host.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace maildrop::filter;

namespace {

std::string host(std::string_view url) { return url_host(url).value_or("none"); }

/// The hosts that are seen, in order.
std::string in_text(std::string_view text) {
  std::string hosts;
  find_urls(text, [&](std::string_view, const std::string& each) {
    hosts.append(hosts.empty() ? "" : " ").append(each);
    return true;
  });
  return hosts;
}

std::string in_link(std::string_view url) {
  std::string hosts;
  see_url(url, [&](std::string_view, const std::string& each) {
    hosts.append(hosts.empty() ? "" : " ").append(each);
    return true;
  });
  return hosts;
}

}  // namespace

TEST_CASE("url host: as it should be") {
  CHECK(host("http://evil.test") == "evil.test");
  CHECK(host("HTTPS://Www.Evil.Test:8080/a?b#c") == "www.evil.test");
  CHECK(host("http://evil.test?x=http://good.test/") == "evil.test");
  CHECK(host("http://evil.test#@good.test") == "evil.test");
  CHECK(host("www.evil.test/x") == "www.evil.test");
  CHECK(host("//evil.test/x") == "evil.test");
  CHECK(host("http://localhost/") == "localhost");
}

TEST_CASE("url host: what leads to no host") {
  for (const char* url : {"",
                          "/x",
                          "x.html",
                          "#x",
                          "mailto:a@evil.test",
                          "javascript:x",
                          "ftp://evil.test",
                          "http:",
                          "http://",
                          "http:///",
                          "http://@",
                          "http://:80",
                          "data:text/html,http://evil.test",
                          "cid:x",
                          "http://.",
                          "http://a..b/",
                          "http://a b/",
                          "http://%00/",
                          "http://[x]/",
                          "http://[::1",
                          "//"})
    CHECK(host(url) == "none");
  CHECK(host("http://" + std::string(64, 'a') + ".test/") == "none");
  CHECK(host("http://" + std::string(2000, 'a') + "/") == "none");
}

TEST_CASE("url host: a user is not the host") {
  CHECK(host("http://good.test@evil.test/") == "evil.test");
  CHECK(host("http://good.test:80@evil.test:80/") == "evil.test");
  CHECK(host("http://a@good.test@evil.test") == "evil.test");
  CHECK(host("http://good.test%2F@evil.test") == "evil.test");
  CHECK(host("http://" + std::string(1000, 'x') + "@evil.test") == "evil.test");
  CHECK(host("http://evil.test\\@good.test") == "evil.test");
  CHECK(host("http://evil.test/@good.test") == "evil.test");
}

TEST_CASE("url host: slashes, blanks and dots as browsers forgive them") {
  CHECK(host("http:\\\\evil.test\\x") == "evil.test");
  CHECK(host("http:/\\/\\evil.test/") == "evil.test");
  CHECK(host("http:evil.test") == "evil.test");
  CHECK(host("\\\\evil.test") == "evil.test");
  CHECK(host(" \x01 ht\ntp://ev\til.te\r\nst/ ") == "evil.test");
  CHECK(host("http://evil.test./") == "evil.test");
  CHECK(host("http://%65vil%2Etest/") == "evil.test");
  CHECK(host("http://evil.test%") == "none");
}

TEST_CASE("url host: addresses in any form") {
  CHECK(host("http://192.0.2.1/") == "192.0.2.1");
  CHECK(host("http://3221225985/") == "192.0.2.1");
  CHECK(host("http://0xC0.0.0x201/") == "192.0.2.1");
  CHECK(host("http://0300.0.2.01./") == "192.0.2.1");
  CHECK(host("http://192.0.513") == "192.0.2.1");
  CHECK(host("http://%31%39%32.0.2.1") == "192.0.2.1");
  CHECK(host("http://[2001:DB8::1]:80/") == "2001:db8::1");
  CHECK(host("http://a@[2001:db8::1]") == "2001:db8::1");
  CHECK(host("http://[::ffff:192.0.2.1]") == "192.0.2.1");
  for (const char* url : {"http://192.0.2.256", "http://1.2.3.4.5", "http://256.1", "http://4294967296", "http://09",
                          "http://a.1", "http://0x.x.1", "http://99999999999999999999999"})
    CHECK(host(url) == "none");
}

TEST_CASE("url host: names beyond ASCII") {
  CHECK(host("http://b\xC3\xBC"
             "cher.test/") == "xn--bcher-kva.test");
  CHECK(host("http://b%C3%BCcher.test/") == "xn--bcher-kva.test");
  CHECK(host("http://evil\xE3\x80\x82test/") == "evil.test");  // an ideographic full stop
  CHECK(host("http://\xEF\xBD\x85\xEF\xBD\x96\xEF\xBD\x89\xEF\xBD\x8C.test/") == "evil.test");  // full width
  CHECK(host("http://ev\xC2\xADil.test/") == "evil.test");                                      // a soft hyphen
  CHECK(host("http://xn--i-7iq.test/") == "xn--i-7iq.test");  // an emoji, which IDNA refuses
  CHECK(host("http://-a-.test/") == "-a-.test");
  CHECK(host("http://\xFF.test/") == "none");
}

TEST_CASE("urls in text") {
  CHECK(in_text("See http://a.test/x, (https://b.test), <www.c.test> and \"HTTP://D.test\".") ==
        "a.test b.test www.c.test d.test");
  CHECK(in_text("http://a.test") == "a.test");
  CHECK(in_text("WWW.a.test!") == "www.a.test");
  CHECK(in_text("http:\\\\a.test") == "a.test");
  CHECK(in_text("http://a.test,http://b.test;http://c.test").find("b.test c.test") != std::string::npos);
  CHECK(in_text("*http://a.test* _www.b.test_ http://c.test- http://d.test's") == "a.test c.test d.test");
  CHECK(in_text("http://good.test@evil.test/ http://[2001:db8::1]/") == "evil.test 2001:db8::1");
  CHECK(in_text("a.test mail@www.a.test xwww.b.test http:/c.test http http:// https:// www. www").empty());
  CHECK(in_text("http://a.test\n.evil.test") == "a.test");
  CHECK(in_text("").empty());
}

TEST_CASE("urls in urls") {
  CHECK(in_text("http://a.test/?to=http://b.test/") == "a.test b.test");
  CHECK(in_text("http://a.test/?to=http%3A%2F%2Fb.test%2Fx") == "a.test b.test");
  CHECK(in_link("http://a.test/?to=https%3a%2f%2fb.test") == "a.test b.test");
  CHECK(in_link("http://a.test/http://b.test") == "a.test b.test");
  CHECK(in_link("/redirect?http%3A%2F%2Fb.test").empty());  // of a page that is not there
}

TEST_CASE("urls in text beyond ASCII are read both ways") {
  CHECK(in_text("http://a.test\xE7\x82\xB9\xE5\x87\xBB").find("a.test") != std::string::npos);
  CHECK(in_text("http://b\xC3\xBC"
                "cher.test") == "xn--bcher-kva.test");
}

TEST_CASE("urls: whoever has seen enough says so") {
  int seen = 0;
  CHECK_FALSE(
      find_urls("http://a.test http://b.test", [&](std::string_view, const std::string&) { return ++seen < 1; }));
  CHECK(seen == 1);
  CHECK(find_urls("http://a.test", [](std::string_view, const std::string&) { return true; }));
}

TEST_CASE("urls: bounds") {
  std::string many;
  for (std::size_t i = 0; i <= kMostTried; ++i) many += "http://a.test ";
  std::size_t seen = 0;
  const auto count = [&](std::string_view url, const std::string&) {
    CHECK(url.size() <= kLongestUrl);
    return ++seen > 0;
  };
  CHECK_FALSE(find_urls(many, count));
  CHECK(seen == kMostTried);
  CHECK(find_urls("http://a.test/" + std::string(10'000, 'x'), count));
  std::string nested;
  while (nested.size() < 300'000) nested += "http://a%2F";
  seen = 0;
  CHECK_FALSE(find_urls(nested, count));
  CHECK(seen <= kMostTried);
}

TEST_CASE("labels that no name has, and padding, hide no host") {
  CHECK(host("http://a!b.evil.test/") == "evil.test");
  CHECK(host("http://$.x+y.evil.test/") == "evil.test");
  CHECK(host("http://evil!.test/") == "test");
  CHECK(host("http://evil.te!st/") == "none");
  CHECK(in_text("http://a!b.evil.test/").find("evil.test") != std::string::npos);
  CHECK(host("http://www.good.test:" + std::string(2100, 'a') + "@evil.test/") == "evil.test");
  CHECK(host("ht" + std::string(2100, '\n') + "tp://evil.test") == "evil.test");
  CHECK(host("http:" + std::string(2100, '/') + "evil.test") == "evil.test");
  CHECK(in_text("http://www.good.test:" + std::string(2100, 'a') + "@evil.test/") == "evil.test");
}
