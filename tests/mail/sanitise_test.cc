/// sanitise_test.cc: strangers' HTML as a page, trick by trick, and what holds for whatever goes in.
#include "mail/sanitise.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "mail/repeat.h"
#include "mail/sanitised_check.h"
#include "mail/web_links.h"

namespace maildrop::mail {
namespace {

using test::repeat;

/// What is within the body; and that all holds that must.
std::string body(std::string_view html) {
  const auto page = sanitise(html);
  if (!page) return page.error().what;
  CHECK(test::problem_of(*page) == "");
  const std::size_t start = page->html.find('>', page->html.find("<body")) + 1;
  return page->html.substr(start, page->html.rfind("</body></html>") - start);
}

std::string link(const std::string& href, const std::string& text) {
  return "<a href=\"" + href + "\" rel=\"noopener noreferrer nofollow ugc\" target=\"_blank\">" + text + "</a>";
}

std::string picture(const std::string& alt) {
  return "<span title=\"picture, not shown\" style=\"border: 1px dashed; padding: 0 4px; font-size: 12px\">" + alt +
         "</span>";
}

TEST_CASE("what mail is laid out with stays") {
  const std::string same[] = {
      "",
      "hello",
      "a &amp; b &lt; c &gt; d &quot;e&quot;",
      "<p>one</p><p align=\"center\">two</p>",
      "<h1>a</h1><b>b</b><i>c</i><u>d</u><font face=\"Arial, Verdana\" color=\"#FF0000\" size=\"+1\">e</font><br>f<hr>",
      "<table width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#eeeeee\"><tbody><tr><td "
      "width=\"50%\" "
      "valign=\"top\" style=\"padding: 4px 8px; color: #333\" colspan=\"2\">cell</td></tr></tbody></table>",
      "<ul type=\"disc\"><li>one</li><li>two</li></ul><ol start=\"3\"><li value=\"7\">x</li></ol>",
      "<blockquote><pre>\nline\n  line</pre></blockquote>",
      "<div dir=\"rtl\" lang=\"he\" title=\"a &quot;b&quot;\">x</div>",
      "<div hidden=\"\">x</div><table role=\"presentation\"></table>",
      link("https://example.org/?a=1&amp;b=2", "x"),
      link("mailto:a@example.org", "x"),
      link("tel:+123", "x"),
      "caf\xC3\xA9 \xE2\x82\xAC",
  };
  for (const std::string& html : same) {
    INFO(html);
    CHECK(body(html) == html);
  }
}

TEST_CASE("what runs, loads, leads away or stands for something else goes") {
  struct {
    std::string html, want;
  } const cases[] = {
      {"a<script>x</script>b<SCRIPT SRC=//x>y</sCRIPT >c", "abc"},
      {"<p onclick=x ONLOAD=y id=a class=b name=c data-x=d>e</p>", "<p>e</p>"},
      {"a<style>p{}</style>b<title>t</title><link href=x><meta content=y><base href=z>c", "abc"},
      {"a<svg><p>b</svg>c", "a<p>bc</p>"},  // a <p> ends SVG, as in browsers
      {"a<svg><text>b</text><style><img src=x></style></svg>c", "ac"},
      {"a<math><mtext>b</mtext></math>c", "ac"},
      {"a<template><p>b</template><iframe srcdoc=x>c</iframe><noembed>d</noembed><noframes>e</noframes>f", "af"},
      {"a<!-- b --><?c?><![CDATA[d]]>e", "ae"},
      {"<noscript><p>a</noscript>", "<p>a</p>"},
      {"<textarea><p>a</textarea>", "&lt;p&gt;a"},
      {"<xmp><p>a</xmp>", "&lt;p&gt;a"},
      {"<plaintext><p>a", "&lt;p&gt;a"},
      {"<form action=x><label>a</label><input value=b><button>c</button><select><option>d</select></form>", "ac"},
      {"<object data=x>a<param name=b><embed src=c></object><applet>d</applet><audio src=e>f</audio>", "ad"},
      {"<x-y>a</x-y><marquee>b</marquee><blink>c</blink><o:p>d</o:p>", "abcd"},
      {"<a href=javascript:x>a</a><a href=' java\nscript:x'>b</a><a href=/c>c</a><a name=d>d</a>",
       "<a>a</a><a>b</a><a>c</a><a>d</a>"},
      {"<a href=http://x/ target=_top rel=opener ping=//y download>a</a>", link("http://x/", "a")},
      {"<p style='position:fixed;color:red;background:url(x)'>a</p>", "<p style=\"color: red\">a</p>"},
      {"<p title='\"><img src=x>'>a</p>", "<p title=\"&quot;&gt;&lt;img src=x&gt;\">a</p>"},
      {"<td>a</td><tr>b", "ab"},
      {"a&#3;b", "ab"},
      {"<frameset><frame src=x></frameset>", ""},
  };
  for (const auto& c : cases) {
    INFO(c.html);
    CHECK(body(c.html) == c.want);
  }
}

TEST_CASE("images stand as their descriptions") {
  CHECK(body("<img src=http://x/ alt=' A &lt;b&gt; '>") == picture("A &lt;b&gt;"));
  CHECK(body("<img src=cid:x><img src=data:image/png;base64,AA alt=''>") == "");
  CHECK(body("<a href=http://x/><img src=y></a>") == link("http://x/", picture("picture")));
  CHECK(body("<img src=x alt='" + repeat("\xE2\x82\xAC", 100) + "'>") == picture(repeat("\xE2\x82\xAC", 66)));
}

TEST_CASE("pixels are counted") {
  const auto pixels = [](std::string_view html) { return sanitise(html).value().pixels; };
  CHECK(pixels("<img src=http://x/ width=1 height=1><img src=//x height=0px width='0'>") == 2);
  CHECK(pixels("<img src=http://x/ style='width:1px;height:1px'><img src=//x style=display:none>") == 2);
  CHECK(pixels("<img src=http://x/ width=1 height=20><img src=//x><img src=spacer.gif width=1 height=1>") == 0);
  CHECK(body("<img src=http://x/ width=1 height=1 alt=x>") == "");
}

TEST_CASE("what the sender wanted to be loaded is named, once each, and no more than is kept") {
  const auto remote = [](std::string_view html, const SanitiseLimits& limits = {}) {
    return sanitise(html, limits).value().remote;
  };
  using Remote = std::vector<std::string>;
  CHECK(remote("<img src=http://a/><img src=http://a/><img srcset='//b 1x,\n HTTPS://c\t2x'><p background=//d>"
               "<video poster=//e><object data=//f></object><link href=//g rel=stylesheet><base href=//h>"
               "<style>@import '//i';p{background:url( \"//j\" )}</style><p style='background:url(//k)'>"
               "<svg><image xlink:href=//l /></svg><meta http-equiv=refresh content='0; URL=http://m'><meta "
               "content='1;url=\"//o/\"x'><iframe src=//n>") == Remote{"http://a/", "//b", "HTTPS://c", "//d", "//e",
                                                                       "//f", "//g", "//h", "//i", "//j", "//k", "//l",
                                                                       "http://m", "//o/", "//n"});
  CHECK(remote("<a href=http://a/>x</a><form action=//b></form><img src=c><img src=cid:d><img src=data:e>") ==
        Remote{});
  std::string many;
  for (int i = 0; i < 300; ++i) many += "<img src=http://x/" + std::to_string(i) + ">";
  CHECK(remote(many).size() == 100);
  CHECK(remote(many, {.remote = 3}) == Remote{"http://x/0", "http://x/1", "http://x/2"});
  CHECK(remote("<img src='http://x/" + repeat("\"", 3000) + "'>").front().size() == kLongestRemoteAddress);
}

TEST_CASE("a page without colours is black on white, and links and layout modes are the mail's") {
  const auto page = [](std::string_view html) { return sanitise(html).value().html; };
  CHECK(page("x").starts_with("<html><head><meta charset=\"utf-8\">"));
  CHECK(page("<!DOCTYPE html>x").starts_with("<!DOCTYPE html><html>"));
  for (const std::string_view old : {"html 4.0 Transitional//EN' 'x", "HTML 3.2//EN", "HTML 4.01 Transitional//EN"})
    CHECK(page("<!DOCTYPE html PUBLIC '-//W3C//DTD " + std::string(old) + "'>x").starts_with("<html><head>"));
  for (const std::string_view strict :
       {"HTML 4.01//EN", "XHTML 1.0 Transitional//EN", "HTML 4.01 Transitional//EN' 'x"})
    CHECK(
        page("<!DOCTYPE html PUBLIC '-//W3C//DTD " + std::string(strict) + "'>x").starts_with("<!DOCTYPE html><html>"));
  CHECK(page("<html lang=de onload=x><body>").find("<html lang=\"de\"><head>") == 0);
  CHECK(page("x").find("<body bgcolor=\"#ffffff\" text=\"#000000\">x</body></html>") != std::string::npos);
  CHECK(page("<body bgcolor=navy onload=x>x").find("<body bgcolor=\"navy\" text=\"#000000\">x</body></html>") !=
        std::string::npos);
  CHECK(text_as_page("a<b>&\r\n\xFF")
            .ends_with("<pre style=\"white-space: pre-wrap\">\na&lt;b&gt;&amp;\n\n\xEF\xBF\xBD</pre></body></html>"));
}

TEST_CASE("pages end at their limits, whole") {
  const auto cut = [](std::string_view html, const SanitiseLimits& limits) {
    const SanitisedHtml page = sanitise(html, limits).value();
    CHECK(test::problem_of(page, limits) == "");
    CHECK(page.html.ends_with("</body></html>"));
    return page;
  };
  const std::string paragraphs = repeat("<p>word</p>", 1000);
  CHECK_FALSE(cut(paragraphs, {}).cut);
  CHECK(sanitise(paragraphs, {.input = 5000}).value().cut);
  CHECK(cut(paragraphs, {.elements = 10}).cut);
  CHECK(test::problem_of(cut(paragraphs, {.elements = 10})) == "");
  for (std::size_t output = 600; output < 640; ++output) {
    const SanitisedHtml page = cut("<p title=x>" + repeat("\xE2\x82\xAC&amp;", 100), {.output = output});
    CHECK(page.cut);
    CHECK(page.html.size() < output + 60);
    CHECK(is_valid_utf8(page.html));
  }
  const SanitisedHtml deep = cut(repeat("<div>", 1000) + "x", {.depth = 10});
  CHECK(deep.html.find(repeat("<div>", 10) + "x") != std::string::npos);
  CHECK(deep.html.find(repeat("<div>", 11)) == std::string::npos);
}

TEST_CASE("a bomb is over the limit") {
  CHECK(sanitise(repeat("<font color=1><p>", 30'000), {.memory = 1 << 20}).error().code == Code::over_limit);
  CHECK(sanitise(repeat("<div>", 90'000), {.time = std::chrono::milliseconds(1)}).error().code == Code::over_limit);
}

TEST_CASE("what is written grows with what is read, and no faster") {
  const std::string pieces[] = {"<p style='color:red;x:y'>a</p>", "<img src=http://x/ alt=y>",
                                "<a href=http://x/>y</a>", "<p style='background:url(\"'>", "&amp;&lt;"};
  for (const std::string& piece : pieces) {
    INFO(piece);
    const auto size = [&](std::size_t times) { return sanitise(repeat(piece, times)).value().html.size(); };
    CHECK(size(400) - size(200) <= 2 * (size(200) - size(100)) + 64);
  }
}

TEST_CASE("the corpus: nothing of it survives, and each page is at rest") {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MAILDROP_SOURCE_DIR "/tests/mail/html")) {
    INFO(entry.path());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string html((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto page = sanitise(html);
    REQUIRE(page);
    CHECK(test::problem_of(*page) == "");
    CHECK_FALSE(page->cut);
    ++seen;
  }
  CHECK(seen >= 25);
}

/// Pieces of tricks in random order: what no table of ours has thought of.
TEST_CASE("random pages are at rest, or refused") {
  static constexpr std::string_view kPieces[] = {"<p>",
                                                 "</p>",
                                                 "<b>",
                                                 "</b>",
                                                 "<a href=http://x/>",
                                                 "</a>",
                                                 "<table>",
                                                 "<tr>",
                                                 "<td>",
                                                 "</td>",
                                                 "</table>",
                                                 "<div>",
                                                 "</div>",
                                                 "<svg>",
                                                 "</svg>",
                                                 "<math>",
                                                 "<mtext>",
                                                 "<style>",
                                                 "</style>",
                                                 "<!--",
                                                 "-->",
                                                 "<noscript>",
                                                 "</noscript>",
                                                 "<form>",
                                                 "</form>",
                                                 "<button>",
                                                 "<select>",
                                                 "<option>",
                                                 "<object>",
                                                 "</object>",
                                                 "<i>",
                                                 "</i>",
                                                 "<h1>",
                                                 "<li>",
                                                 "<ul>",
                                                 "</ul>",
                                                 "<pre>",
                                                 "\n",
                                                 "<img src=//y alt=z>",
                                                 "<textarea>",
                                                 "</textarea>",
                                                 "<template>",
                                                 "</template>",
                                                 "text ",
                                                 "<caption>",
                                                 "<col>",
                                                 "<nobr>",
                                                 "<font color=red>",
                                                 "</font>",
                                                 "<br>",
                                                 "</br>",
                                                 "<body bgcolor=x>",
                                                 "<html lang=a>",
                                                 "<title>",
                                                 "</title>",
                                                 "<foreignObject>",
                                                 "<ruby>",
                                                 "<rt>",
                                                 "<dd>",
                                                 "<marquee>",
                                                 "</marquee>",
                                                 "\"",
                                                 "'",
                                                 ">"};
  std::mt19937 random(44);
  std::size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string html = i % 2 == 0 ? "<!DOCTYPE html>" : "";
    for (auto left = random() % 30; left > 0; --left) html += kPieces[random() % std::size(kPieces)];
    INFO(html);
    const auto page = sanitise(html);
    refused += page ? 0 : 1;
    if (page) REQUIRE(test::problem_of(*page) == "");
  }
  CHECK(refused <= 3);
}

}  // namespace
}  // namespace maildrop::mail
