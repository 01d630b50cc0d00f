/// bayes_tokens_test.cc: what is seen of a message, what is not, and that it is bounded.
#include "filter/bayes_tokens.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/text.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

std::vector<std::string> texts_of(const std::string& message) {
  const BayesTokens tokens(message);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < tokens.features().size(); ++i) texts.push_back(tokens.text_of(i));
  return texts;
}

std::string joined(const std::string& message) {
  std::string all;
  for (const std::string& text : texts_of(message)) all.append(all.empty() ? "" : "; ").append(text);
  return all;
}

bool sees(const std::string& message, const std::string& feature) {
  const auto texts = texts_of(message);
  return std::find(texts.begin(), texts.end(), feature) != texts.end();
}

std::vector<std::uint64_t> hashes_of(const std::string& message) {
  const BayesTokens tokens(message);
  return {tokens.features().begin(), tokens.features().end()};
}

const std::string kHtml = "Content-Type: text/html\r\n\r\n";

}  // namespace

TEST_CASE("bayes_tokens: words, and pairs of those that stand close together, each once") {
  CHECK(joined("\r\nBuy Cheap pills now, buy cheap pills") ==
        "buy; cheap; buy cheap; pills; cheap pills; buy _ pills; now; pills now; cheap _ now; now buy; pills _ buy; "
        "now _ cheap");
  CHECK(joined("\r\n$1.99 -it's- a_b ... me@x.example !!!!!!! -") ==
        "$0.00; it's; $0.00 it's; a_b; it's a_b; $0.00 _ a_b; me@x.example; a_b me@x.example; it's _ me@x.example; "
        "!!!; me@x.example !!!; a_b _ !!!");
  CHECK(joined("\r\n" + std::string(41, 'X') + " " + std::string(40, 'Y')) ==
        "x~32; " + std::string(40, 'y') + "; x~32 " + std::string(40, 'y'));
  CHECK(joined("\r\n\xE2\x80\x9C"
               "free\xE2\x80\x9D\xC2\xA0m\xC3\xB6ney") == "free; m\xC3\xB6ney; free m\xC3\xB6ney");
  CHECK(joined("\r\n\xE8\xB4\xAD\xE4\xB9\xB0") == "\xE8\xB4\xAD; \xE4\xB9\xB0; \xE8\xB4\xAD \xE4\xB9\xB0");
}

TEST_CASE("bayes_tokens: fields, markup and URLs are other words than text, and begin anew") {
  const std::string message = "Subject: =?utf-8?B?RlJFRQ==?= money\r\nFrom: Joe <joe@mail.bank.example>\r\n\r\nfree";
  CHECK(joined(message) ==
        "subject:free; subject:money; subject:free money; from:joe; from:joe@mail.bank.example; "
        "from:joe joe@mail.bank.example; from:mail.bank.example; from:bank.example; "
        "from:mail.bank.example bank.example; from:example; from:bank.example example; "
        "from:mail.bank.example _ example; free");
  CHECK(joined(kHtml + "fr<b>ee</b>") ==
        "type:content-type; type:text; type:content-type text; type:html; type:text html; type:content-type _ html; "
        "fr; html:b; ee; fr ee; html:b b");
  CHECK(sees("From: <a@b,c.example>\r\n\r\n", "from:b"));
  CHECK_FALSE(sees("From: <a@b,c.example>\r\n\r\n", "from:b,c.example"));
  // As browsers read it, not as it is written.
  CHECK(sees("\r\nsee HTTP://joe@WWW.evil%2eexample/a/b?id=12345 now", "url:evil.example"));
  CHECK(sees("\r\nsee HTTP://joe@WWW.evil%2eexample/a/b?id=12345 now", "url:id 00000"));
  CHECK(sees(kHtml + "<a href=\"https://evil.example\">x</a>", "url:evil.example"));
  CHECK(sees("\r\nsee http://x.example now", "http now"));
}

TEST_CASE("bayes_tokens: what is encoded is seen as it is read, and of parts those that are text") {
  CHECK(sees("Content-Transfer-Encoding: base64\r\n\r\nZnJlZSBtb25leQ==\r\n", "free money"));
  CHECK(sees("Content-Type: text/plain; charset=iso-8859-1\r\n\r\nm\xF6ney", "m\xC3\xB6ney"));
  const std::string parts =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\n"
      "Content-Type: image/png; name=cat.png\r\n\r\ntwo\r\n--b\r\n\r\nthree\r\n--b--\r\n";
  CHECK(sees(parts, "one"));
  CHECK(sees(parts, "three"));
  CHECK_FALSE(sees(parts, "two"));
  CHECK_FALSE(sees(parts, "one three"));
  CHECK(sees(parts, "type:cat.png"));
}

TEST_CASE("bayes_tokens: padding in one part leaves room for the others") {
  std::string words;
  for (unsigned i = 0; words.size() < 100'000; ++i) {
    for (unsigned left = i + 26 * 26; left > 0; left /= 26) words += static_cast<char>('a' + left % 26);
    words += ' ';
  }
  const std::string dashes(100'000, '-');
  for (const std::string& padding : {words, dashes})
    for (const bool first : {true, false}) {
      const std::string& one = first ? padding : "free money";
      const std::string& two = first ? "free money" : padding;
      CHECK(sees("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n" + one + "\r\n--b\r\n\r\n" + two +
                     "\r\n--b--\r\n",
                 "free money"));
    }
}

TEST_CASE("bayes_tokens: what servers, lists and collectors add is not seen, nor who receives") {
  const std::string seen = "Subject: hello\r\nMIME-Version: 1.0\r\n\r\nwords";
  const std::string added =
      "Received: from a (b [192.0.2.1]) by c; x\r\nReturn-Path: <a@b.example>\r\nDelivered-To: me\r\nTo: you\r\n"
      "Cc: they\r\nList-Id: <l.example>\r\nX-Spam-Flag: YES\r\nMessage-ID: <1@b.example>\r\nDate: today\r\n"
      "Sender: list\r\nAuthentication-Results: mx; spf=fail\r\nDKIM-Signature: v=1\r\n";
  CHECK(hashes_of(added + seen) == hashes_of(seen));
  std::string lines = seen;  // of another system
  for (std::size_t at = 0; (at = lines.find("\r\n", at)) != std::string::npos;) lines.erase(at, 1);
  CHECK(hashes_of(lines) == hashes_of(seen));
}

TEST_CASE("bayes_tokens: whatever comes, it is bounded, and safe to show") {
  std::string all = "Content-Type: text/html; charset=utf-8\r\n\r\n";
  for (unsigned i = 0; all.size() < 600'000; ++i) {
    for (unsigned left = i + 26 * 26; left > 0; left /= 26) all += static_cast<char>('a' + left % 26);
    all += "\x1B[2J<";
  }
  const BayesTokens most(all);
  CHECK(most.features().size() == BayesTokens::kMostFeatures);
  CHECK(std::set(most.features().begin(), most.features().end()).size() == BayesTokens::kMostFeatures);
  CHECK(BayesTokens("\r\n" + std::string(1'000'000, '!')).features().size() == 1);
  std::string same = "\r\n";
  while (same.size() < 200'000) same += "a ";
  CHECK(BayesTokens(same).features().size() == 3);
  CHECK(BayesTokens("").features().empty());
  std::string bytes = "\r\n";
  for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>(i * 7 ^ (i >> 8));
  bytes +=
      " a\xE2\x80\xAE"
      "b \xEF\xBB\xBFx \xF0\x9F";
  for (const std::string& text : texts_of(bytes)) {
    REQUIRE(text == terminal_safe(text));
    REQUIRE(text.size() <= BayesTokens::kLongestText + 2);  // what is unsafe grows to U+FFFD
    REQUIRE(text.find(',') == std::string::npos);
  }
}

TEST_CASE("bayes_tokens: hashes are a format of files, and stay as they are") {
  CHECK(hashes_of("Subject: free\r\n\r\nfree money") ==
        std::vector<std::uint64_t>{6915565602703256228, 5087937682146517726, 3568296158252700947, 6227370979294565287});
}
