/// markup_test.cc: what cannot be broken out of.
#include "api/markup.h"

#include <catch2/catch.hpp>

using namespace maildrop::api;

TEST_CASE("markup: what strangers wrote is text, in content and in attributes") {
  CHECK(html("<p>").text() == "<p>");
  CHECK(html("<a href=\"{}\">{}</a>", "/x\"><script>", "a & b").text() ==
        "<a href=\"/x&quot;&gt;&lt;script&gt;\">a &amp; b</a>");
  CHECK(html("<p>{}", std::string("it's\n\ttwo\r\nlines")).text() == "<p>it&#39;s\n\ttwo\nlines");
  // Bytes that are no UTF-8, controls, and what turns text around.
  CHECK(html("{}", "a\xFF\x1B[31m\xE2\x80\xAE").text() == "a\xEF\xBF\xBD\xEF\xBF\xBD[31m\xEF\xBF\xBD");
  CHECK(html("{}", "{}").text() == "{}");  // a value is not looked through
}

TEST_CASE("markup: numbers and markup go in as they are") {
  CHECK(html("{}, {}, {}", 7, -3, 18446744073709551615ull).text() == "7, -3, 18446744073709551615");
  Markup list = html("<li>{}</li>", 1);
  list += html("<li>{}</li>", "<");
  CHECK(html("<ul>{}</ul>", list).text() == "<ul><li>1</li><li>&lt;</li></ul>");
  CHECK(Markup().empty());
}
