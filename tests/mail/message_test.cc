/// message_test.cc: overview and text of messages, and GMime's parser as a second opinion on a few.
#include "mail/message.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/text.h"
#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

TEST_CASE("an overview is decoded") {
  const Overview seen = overview(
      "Received: x\r\nfrom: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTO: a@x,\r\n b@x\r\n"
      "Subject: =?iso-8859-1?q?caf=E9?=\r\n au lait\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nSubject: no\r\n");
  CHECK(seen.from == "J\xC3\xB6rg <j@example.org>");
  CHECK(seen.subject == "caf\xC3\xA9 au lait");
  REQUIRE(seen.date);
  CHECK(rfc5322(*seen.date) == "Tue, 14 Nov 2023 22:13:20 +0000");
}

TEST_CASE("an overview of nothing is empty") {
  for (const std::string text : {"", "\r\n", "\r\nSubject: x", "no header", "Date: never\r\n\r\n"}) {
    INFO(text);
    const Overview seen = overview(text);
    CHECK(seen.from.empty());
    CHECK(seen.subject.empty());
    CHECK_FALSE(seen.date);
  }
}

TEST_CASE("an overview is bounded and valid") {
  const std::string subjects[] = {
      std::string(1 << 20, 'x'),
      repeat("\xC3\xA9", 1000),
      repeat("\xE9", 2000),
      repeat("=?utf-8?q?=C3=A9?= ", 5000),
      repeat("=?x?q?a?= ", 20'000),
      repeat("\r\n x", 100'000),
      "a\x1B]0;x\x07"
      "b",
  };
  for (const auto& subject : subjects) {
    const Overview seen = overview("From: " + subject + "\r\nTo: " + subject + "\r\nSubject: " + subject + "\r\n\r\n");
    for (const std::string& text : {seen.from, seen.subject}) {
      CHECK(text.size() <= Overview::kMaxSize);
      CHECK(is_valid_utf8(text));
    }
    CHECK_FALSE(seen.from.empty());
  }
}

std::string mixed(const std::string& parts, const std::string& subtype = "mixed") {
  return "Content-Type: multipart/" + subtype + "; boundary=b\r\n\r\n" + parts + "--b--\r\n";
}
std::string part(const std::string& fields, const std::string& body) {
  return "--b\r\n" + fields + "\r\n\r\n" + body + "\r\n";
}

TEST_CASE("the text of a message is its first text part") {
  const std::string plain = part("Content-Type: text/plain", "plain");
  const std::string html = part("Content-Type: text/html", "<p>html</p>");
  const std::string attached =
      part("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt", "attached");
  const std::string image = part("Content-Type: image/png; name=a.png", "PNG");
  struct {
    std::string name, text, want;
  } const cases[] = {
      {"no MIME", "Subject: x\r\n\r\none\r\ntwo\r\n", "one\ntwo\n"},
      {"bare ends", "\none\rtwo\r\r\nthree\n", "one\ntwo\n\nthree\n"},
      {"empty", "", ""},
      {"alternative", mixed(plain + html, "alternative"), "plain"},
      {"html first", mixed(html + plain, "alternative"), "plain"},
      {"html only", mixed(html), "html\n"},
      {"empty plain", mixed(part("Content-Type: text/plain", " \r\n") + html), "html\n"},
      {"attachment first", mixed(attached + plain), "plain"},
      {"only attachments", mixed(attached + image), "[no text: text/plain a.txt, image/png a.png]\n"},
      {"no parts", mixed(""), "[no text: no parts]\n"},
      {"forwarded", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ninner", "inner"},
      {"quoted-printable",
       "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
       "quoted-printable\r\n\r\ncaf=E9=\r\n!",
       "caf\xC3\xA9!"},
      {"base64", "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8N\r\nCg==\r\n", "hello\n"},
      {"raw 8-bit", "\r\ncaf\xE9", "caf\xC3\xA9"},
      {"html in base64 and koi8-r",
       "Content-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+8NI8L2I+",
       "\xD0\x9F\xD1\x80\n"},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    CHECK(text_of(c.text) == c.want);
  }
}

TEST_CASE("a text is cut between characters") {
  const std::string text = "\r\n" + repeat("\xC3\xA9", 100);
  CHECK(text_of(text, 99) == repeat("\xC3\xA9", 49));
  CHECK(text_of("Content-Type: text/plain; charset=utf-8\r\n" + text, 99) == repeat("\xC3\xA9", 49));
  CHECK(text_of(text, 0).empty());
  CHECK(text_of("Content-Type: text/html\r\n\r\n<p>" + repeat("a ", 100), 10).size() <= 10);
}

TEST_CASE("the words of a message are its text and what its HTML says") {
  const std::string html = "Content-Type: text/html";
  CHECK(words_of("\r\na\r\nb") == "a\nb");
  CHECK(words_of(html + "\r\n\r\n<b>a</b>") == "\na\n");
  CHECK(words_of(mixed(part("Content-Type: text/plain", "a") + part(html, "<b>b</b>"))) == "a\nb\n");
  CHECK(words_of(mixed(part("Content-Type: text/plain", " ") + part(html, "<b>b</b>"))) == " \nb\n");
  CHECK(words_of(mixed(part("Content-Type: image/png; name=code-4711", "x"))).empty());
  CHECK(words_of(mixed(part("Content-Type: text/plain", "a") + part(html, repeat("<font color=x><p>", 30'000)))) ==
        "a");
}

TEST_CASE("HTML that is a bomb is shown as its source, bounded") {
  const std::string bomb = repeat("<font color=x><p>", 30'000);
  const std::string text = text_of("Content-Type: text/html\r\n\r\n" + bomb);
  CHECK(text.size() == bomb.size());
  CHECK((text == bomb));
}

TEST_CASE("many parts without text are named in one bounded line") {
  std::string parts;
  for (int i = 0; i < 90; ++i) parts += part("Content-Type: image/png; name=" + std::string(200, 'a'), "x");
  const std::string text = text_of(mixed(parts));
  CHECK(text.size() < 5000);
  CHECK(text.substr(text.size() - 7) == ", ...]\n");
}

TEST_CASE("the HTML of a message is its first HTML part, decoded") {
  CHECK(html_of(mixed(part("Content-Type: text/html; charset=iso-8859-1", "<b>\xE9</b>"))) == "<b>\xC3\xA9</b>");
  CHECK_FALSE(html_of("\r\nplain"));
  CHECK_FALSE(html_of(mixed(part("Content-Type: text/html\r\nContent-Disposition: attachment", "<b>"))));
  CHECK(html_of("Content-Type: text/html\r\n\r\nabcdef", 3) == "abc");
}

TEST_CASE("the page of a message is its HTML part sanitised, and its text where that is a bomb") {
  const std::string both =
      mixed(part("Content-Type: text/plain", "plain <words>") +
            part("Content-Type: text/html; charset=utf-7", "+ADw-script+AD4-x+ADw-/script+AD4-<b>y</b>"));
  const auto page = page_of(both);
  REQUIRE(page);
  CHECK(page->html.find("<b>y</b></body>") != std::string::npos);
  CHECK(page->html.find("script") == std::string::npos);
  const auto bomb = page_of(both, {.memory = 1000});
  REQUIRE(bomb);
  CHECK(bomb->html.find("plain &lt;words&gt;") != std::string::npos);
  CHECK(bomb->html.find("y</b>") == std::string::npos);
  CHECK(bomb->cut);
  CHECK_FALSE(page_of("\r\nplain"));
}

}  // namespace
}  // namespace maildrop::mail
