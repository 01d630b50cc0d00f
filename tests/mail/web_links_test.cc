/// web_links_test.cc: which links may be followed, and which addresses are elsewhere.
#include "mail/web_links.h"

#include <catch2/catch.hpp>
#include <vector>

namespace maildrop::mail {
namespace {

TEST_CASE("links that may be followed") {
  const std::string same[] = {"http://example.org",     "https://example.org/a?b=c&d=%20#e", "HTTPS://example.org/",
                              "mailto:a@example.org",   "mailto:a@example.org?subject=x",    "tel:+49-123",
                              "http://[2001:db8::1]/x", "https://caf\xC3\xA9.example/"};
  for (const std::string& href : same) {
    INFO(href);
    CHECK(safe_link(href) == href);
  }
  struct {
    std::string_view href, want;
  } const others[] = {
      {" \x01 http://x/ \n", "http://x/"},      {"ht\ntp:/\t/x/", "http://x/"},
      {"http:\\\\x\\y?z\\", "http://x/y?z%5c"}, {"http://x/a b\"<>`'", "http://x/a%20b%22%3c%3e%60'"},
      {"http://x\\@y/", "http://x/@y/"},  // leads to x, and not to y with a name
  };
  for (const auto& c : others) {
    INFO(c.href);
    CHECK(safe_link(c.href) == c.want);
    CHECK(safe_link(c.want) == c.want);
  }
}

TEST_CASE("links that may not") {
  const std::string none[] = {"",
                              "/x",
                              "x",
                              "//example.org/",
                              "#x",
                              "?x",
                              "javascript:alert(1)",
                              " JaVa\tScRiPt\n:alert(1)",
                              "\x01javascript:x",
                              "vbscript:x",
                              "data:text/html,x",
                              "file:///x",
                              "blob:x",
                              "ftp://x/",
                              "view-source:http://x/",
                              "http:x",
                              "http:/x",
                              "http://",
                              "mailto:",
                              "x:http://y/",
                              "http",
                              "http://x/" + std::string(kLongestLink, 'x'),
                              "http://x/" + std::string(kLongestLink / 2, ' ') + "y"};
  for (const std::string& href : none) {
    INFO(href.substr(0, 100));
    CHECK(safe_link(href) == "");
  }
}

TEST_CASE("addresses elsewhere") {
  CHECK(remote_address(" http://x/y z ") == "http://x/y%20z");
  CHECK(remote_address("//x") == "//x");
  CHECK(remote_address("\\\\x\\y") == "//x/y");
  CHECK(remote_address("FTP://x") == "FTP://x");
  for (const std::string_view here : {"", "x", "/x", "cid:a@b", "data:x", "javascript:x", "//", "about:blank"}) {
    INFO(here);
    CHECK(remote_address(here) == "");
  }
  CHECK(remote_address("http://x/" + std::string(5000, 'y')).size() == kLongestRemoteAddress);
  CHECK(remote_address("http://x/" + std::string(5000, '"')).size() <= kLongestRemoteAddress);
}

TEST_CASE("addresses in style sheets") {
  const auto addresses = [](std::string_view css) {
    std::vector<std::string> all;
    see_css_addresses(css, [&](std::string&& address) { all.push_back(std::move(address)); });
    return all;
  };
  using All = std::vector<std::string>;
  CHECK(addresses("@import url(//a);@import \"//b\" print;x{y:URL( '//c' );z:url( //d )}w{v:image-set('//e' 1x)}") ==
        All{"//a", "//b", "//c", "//d", "//e"});
  CHECK(addresses("x{y:url(z);content:'text'}") == All{});
  CHECK(addresses("url(//a").size() == 1);
  CHECK(addresses("'//a").size() == 1);
  CHECK(addresses("url(").empty());
  CHECK(addresses("url('").empty());
}

}  // namespace
}  // namespace maildrop::mail
