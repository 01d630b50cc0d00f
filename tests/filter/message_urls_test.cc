/// message_urls_test.cc: which parts are looked at, what is in them when they are decoded, and where it ends.
#include "filter/message_urls.h"

#include <catch2/catch.hpp>

using namespace maildrop::filter;

namespace {

std::string hosts(std::string_view message, const UrlLimits& limits = {}) {
  const MessageUrls found = message_urls(message, limits);
  std::string text;
  for (const MessageUrl& url : found.urls) text.append(text.empty() ? "" : " ").append(url.host);
  return text + (found.cut ? " cut" : "");
}

std::string part(const std::string& fields, const std::string& body) {
  return "--b\r\n" + fields + "\r\n" + body + "\r\n";
}

std::string mixed(const std::string& parts) {
  return "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + "--b--\r\n";
}

std::string html(const std::string& body) { return "Content-Type: text/html; charset=utf-8\r\n\r\n" + body; }

}  // namespace

TEST_CASE("message urls: a plain text") {
  CHECK(hosts("Subject: http://subject.test\r\n\r\nSee http://a.test and www.b.test, http://A.test/again.\r\n") ==
        "a.test www.b.test");
  const MessageUrls found = message_urls("\r\nhttp://a.test/1 http://a.test/2");
  REQUIRE(found.urls.size() == 1);
  CHECK(found.urls.front().text == "http://a.test/1");
  CHECK(hosts("").empty());
  CHECK(hosts("no header http://a.test") == "a.test");
}

TEST_CASE("message urls: encodings are taken off") {
  CHECK(hosts("Content-Transfer-Encoding: quoted-printable\r\n\r\nhttp=3A//ev=\r\nil.te=73t/") == "evil.test");
  CHECK(hosts("Content-Transfer-Encoding: base64\r\n\r\naHR0cDovL2V2\r\naWwudGVzdC8=\r\n") == "evil.test");
  CHECK(hosts("Content-Type: text/plain; charset=utf-16be\r\nContent-Transfer-Encoding: base64\r\n\r\n"
              "AGgAdAB0AHAAOgAvAC8AYQAuAHQAZQBzAHQ=\r\n") == "a.test");
}

TEST_CASE("message urls: all parts that are text, and no others") {
  CHECK(hosts(mixed(part("", "http://a.test") +
                    part("Content-Type: text/html\r\nContent-Disposition: attachment; filename=x.html\r\n",
                         "<a href=http://b.test>x</a>") +
                    part("Content-Type: application/pdf\r\n", "http://pdf.test") +
                    part("Content-Type: message/rfc822\r\n", "Subject: x\r\n\r\nhttp://c.test"))) ==
        "a.test b.test c.test");
}

TEST_CASE("message urls: links of HTML before its text") {
  CHECK(hosts(html("<base href=http://base.test><p>http://text.test</p><a href='http&#58;//user@link.test&#x2f;x'>y</a>"
                   "<img src='//image.test/1.gif'><form action=https:evil.test></form>")) ==
        "base.test link.test image.test evil.test text.test");
  CHECK(hosts(html("<head><base href=http://base.test></head><a href=/x>x</a>")) == "base.test");
  CHECK(hosts(html("htt<b>p://ev</b>il.test")) == "evil.test");
  CHECK(hosts(html("<!-- http://comment.test --><div hidden>http://hidden.test</div><style>http://style.test</style>"))
            .empty());
}

TEST_CASE("message urls: HTML that is too much to parse is text") {
  UrlLimits limits;
  limits.html_memory = 100;
  CHECK(hosts(html("<a href='http://a.test/'>x</a>"), limits) == "a.test cut");
}

TEST_CASE("message urls: bounds") {
  UrlLimits limits;
  limits.text = 30;
  CHECK(hosts("\r\nhttp://a.test " + std::string(30, 'x') + " http://b.test", limits) == "a.test cut");
  CHECK(hosts(mixed(part("", "http://a.test " + std::string(30, 'x')) + part("", "http://b.test")), limits) ==
        "a.test cut");
  limits = {};
  limits.hosts = 2;
  CHECK(hosts("\r\nhttp://a.test http://b.test http://a.test/2", limits) == "a.test b.test");
  CHECK(hosts("\r\nhttp://a.test http://b.test http://c.test", limits) == "a.test b.test cut");
}

TEST_CASE("references hide no link in HTML that takes too long to read") {
  std::string html = "<a href=\"&#104;ttp&colon;&#x2f;/evil&period;test/\">x</a>";
  for (int i = 0; i < 40'000; ++i) html += "<div>";
  UrlLimits limits;
  limits.html_memory = 64 * 1024;
  const MessageUrls found = message_urls("Content-Type: text/html\r\n\r\n" + html, limits);
  CHECK(found.cut);
  REQUIRE_FALSE(found.urls.empty());
  CHECK(found.urls.front().host == "evil.test");
}

TEST_CASE("HTML is HTML under other types, too") {
  const std::string link = "\r\n\r\n<a href=\"&#104;ttp://evil.test/\">x</a>";
  for (const char* type : {"application/xhtml+xml", "application/octet-stream; name=\"a.HTML\""}) {
    const MessageUrls found = message_urls("Content-Type: " + std::string(type) + link);
    INFO(type);
    REQUIRE(found.urls.size() == 1);
    CHECK(found.urls.front().host == "evil.test");
  }
}
