/// html_test.cc: what a reader sees of HTML, and bombs that must not go off.
#include "mail/html.h"

#include <pthread.h>

#include <catch2/catch.hpp>
#include <string>

#include "core/text.h"
#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

TEST_CASE("HTML becomes the text that a reader would see") {
  struct {
    std::string html, want;
  } const cases[] = {
      {"", ""},
      {"hello", "hello\n"},
      {"  hello \n\t world ", "hello world\n"},
      {"<p>one</p><p>two</p>", "one\n\ntwo\n"},
      {"<div>one</div><div><div>two</div></div>three", "one\ntwo\nthree\n"},
      {"one<br>two<br/><br/>three", "one\ntwo\n\nthree\n"},
      {"<br><br>one", "one\n"},
      {"a <b>b</b><i>c</i> d", "a bc d\n"},
      {"<ul><li>one<li><p>two</p><li></li><li>three</ul>x", "- one\n- two\n\n-\n- three\n\nx\n"},
      {"<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc\n"},
      {"one<hr>two", "one\n\n---\n\ntwo\n"},
      {"<pre>a\n  b</pre>c", "a\n  b\n\nc\n"},
      {"a&nbsp;&nbsp;b &lt;c&gt; &amp;amp; &eacute; &#x41;", "a  b <c> &amp; \xC3\xA9 A\n"},
      {"<head><title>t</title><style>s</style></head><body>b</body>", "b\n"},
      {"a<script>alert(1)</script><style>x{}</style><template>t</template><iframe>i</iframe><!-- c -->b", "ab\n"},
      {"a<span style='DISPLAY : none'>x</span><p hidden>y</p><i style=visibility:hidden>z</i>b", "ab\n"},
      {"<pre style=display:none>x</pre>a\nb", "a b\n"},
      {"<img src=x alt='a picture'><img src=y>", "a picture\n"},
      {"<a href='https://example.org/x'>here</a>!", "here <https://example.org/x>!\n"},
      {"<a href='https://example.org/'>https://example.org/</a>", "https://example.org/\n"},
      {"<a href='https://example.org/'>Example.org</a>", "Example.org\n"},
      {"<a href='https://evil.example/'>https://example.org/</a>", "https://example.org/ <https://evil.example/>\n"},
      {"<a href='mailto:b@x'>b@x</a> <a href='mailto:b@x'>Bob</a>", "b@x Bob <mailto:b@x>\n"},
      {"<a href='javascript:alert(1)'>a</a><a href=' JAVA\nscript:x'>b</a><a href='data:x'>c</a><a href='/x'>d</a>",
       "abcd\n"},
      {"<a href='https://x/ a<b>\nc'>t</a>", "t <https://x/%20a%3Cb%3Ec>\n"},
      {"<a href='https://x/'></a>", "<https://x/>\n"},
      {"<a href='https://x/'><img alt=pic></a>", "pic <https://x/>\n"},
      {"<a name=x>t</a>", "t\n"},
      {"<b><p>mis</b>nested</p>", "misnested\n"},
      {"caf\xC3\xA9", "caf\xC3\xA9\n"},
  };
  for (const auto& c : cases) {
    INFO(c.html);
    const auto text = html_to_text(c.html);
    REQUIRE(text);
    CHECK(*text == c.want);
  }
}

TEST_CASE("links are those that a program may follow or load, as they are") {
  const auto links = [](std::string_view html, const HtmlLimits& limits = {}) {
    return read_html(html, limits).value().links;
  };
  using Links = std::vector<std::string>;
  CHECK(links("<head><base href=http://base.example/><link href=http://style.example/></head>"
              "<a HREF='http:&#47;/a.example/?a&amp;b'>x</a><img src=//b.example><form action=c><input formaction=d "
              "src=e></form><table background=f><tr><td>x</table><video poster=g></video><a name=x href=''>y</a>") ==
        Links{"http://base.example/", "http://a.example/?a&b", "//b.example", "c", "d", "e", "f", "g"});
  CHECK(links("<div style='display: none'><a href=hidden>x</a></div><script src=x></script><!-- <a href=y> --> z")
            .empty());
  CHECK(links(repeat("<a href=x>y</a>", 30), {.links = 10}).size() == 10);
  CHECK(links("<a href='" + repeat("x", 70'000) + "'>y</a>").front().size() == HtmlContent::kLongestLink);
  CHECK(read_html("<a href=http://a.example>x</a>")->text == "x <http://a.example>\n");
}

TEST_CASE("links that read like a URL and lead by another one") {
  const auto named = [](std::string_view html, const HtmlLimits& limits = {}) {
    std::vector<std::string> all;
    const HtmlContent content = read_html(html, limits).value();
    for (const NamedLink& link : content.named) all.push_back(link.name + " = " + link.url);
    return all;
  };
  using Links = std::vector<std::string>;
  CHECK(
      named("<a href=http://b.example/>http://a.example</a> <a href='https://c.example'> <b>WWW.</b>a.example now </a>"
            "<a href=http://d.example>a.example</a> <a href=/x>http://a.example</a> <a name=x>http://a.example</a>"
            "<a href=http://a.example/>http://A.example</a>") ==
      Links{"http://a.example = http://b.example/", "WWW.a.example now = https://c.example"});
  CHECK(named("<a href=http://b.example hidden>http://a.example</a>").empty());
  CHECK(named(repeat("<a href=http://b.example>www.a.example</a>", 30), {.links = 10}).size() == 10);
  const std::string longest = "http://" + repeat("x", NamedLink::kLongestName);
  CHECK(read_html("<a href=http://b.example>" + longest + "</a>")->named.front().name ==
        longest.substr(0, NamedLink::kLongestName));
}

TEST_CASE("whatever goes in, valid UTF-8 comes out") {
  for (const std::string html :
       {"caf\xE9", "\xFF\xFE", "&#xD800;&#0;&#x110000;", "<p \xFF=\xFF>\xC3", "<a href='https://\xFF'>x</a>"}) {
    const auto text = html_to_text(html);
    REQUIRE(text);
    CHECK(is_valid_utf8(*text));
  }
  CHECK(is_valid_utf8(*html_to_text(std::string("a\0b", 3))));
}

TEST_CASE("the output is cut at its limit, between characters") {
  HtmlLimits limits;
  for (limits.output = 0; limits.output < 12; ++limits.output) {
    const auto text = html_to_text("\xC3\xA9\xC3\xA9\xE2\x82\xAC\xE2\x82\xAC", limits);
    REQUIRE(text);
    CHECK(text->size() <= limits.output);
    CHECK(text->find("\xEF\xBF\xBD") == std::string::npos);
    CHECK(is_valid_utf8(*text));
  }
  limits = {};
  limits.input = 3;
  CHECK(*html_to_text("abcdef", limits) == "abc\n");
}

/// The limits of the service, with a time that a slow machine under a sanitizer keeps too.
void check_bomb(const std::string& html) {
  const auto text = html_to_text(html);
  if (text) {
    CHECK(text->size() <= HtmlLimits{}.output);
  } else {
    CHECK(text.error().code == Code::over_limit);
  }
}

TEST_CASE("a bomb is given up, or comes out bounded") {
  std::string fonts, attributes = "<p";
  for (int i = 0; i < 3'000; ++i) fonts += "<font color=" + std::to_string(i) + "><p>";
  for (int i = 0; i < 100'000; ++i) attributes += " a" + std::to_string(i);
  check_bomb(repeat("<div>", 10'000));
  check_bomb(repeat("<div>", 100'000));
  check_bomb(fonts);
  check_bomb(attributes + ">");
  check_bomb(repeat("<a href=https://example.org/" + std::string(1000, 'x') + "><p>", 500));
  check_bomb(repeat("<table>", 50'000));
  check_bomb(repeat("<b><i>", 50'000));
  check_bomb(repeat("<svg><math>", 50'000));
  check_bomb(repeat("<template>", 50'000));
  check_bomb(repeat("&", 500'000));
  check_bomb(repeat("<", 500'000));
  check_bomb("<!--" + repeat("-", 500'000));
  check_bomb("<p style='" + repeat("display:", 60'000) + "'>");
}

TEST_CASE("running out of memory or time says so") {
  HtmlLimits limits;
  limits.memory = 100'000;
  limits.time = std::chrono::hours(1);
  REQUIRE_FALSE(html_to_text(repeat("<p>x</p>", 10'000), limits));
  CHECK(html_to_text(repeat("<p>x</p>", 10'000), limits).error().code == Code::over_limit);
  limits.memory = 0;
  CHECK_FALSE(html_to_text("x", limits));
  limits = {};
  limits.time = std::chrono::milliseconds(-1);
  CHECK_FALSE(html_to_text(repeat("<p>x</p>", 10'000), limits));
}

void* walk_deep(void* result) {
  HtmlLimits limits;
  limits.time = std::chrono::hours(1);
  *static_cast<bool*>(result) = html_to_text(repeat("<div>", 5'000) + "x", limits).value_or("") == "x\n";
  return nullptr;
}

TEST_CASE("a deep tree needs no deep stack") {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  bool good = false;
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, walk_deep, &good) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(good);
}

}  // namespace
}  // namespace maildrop::mail
