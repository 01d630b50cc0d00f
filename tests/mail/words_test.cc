/// words_test.cc: encoded words, honest and hostile.
#include "mail/words.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/text.h"
#include "mail/repeat.h"

namespace maildrop::mail {
namespace {

using test::repeat;

const std::string kFffd = "\xEF\xBF\xBD";

struct Case {
  std::string text, want;
};

TEST_CASE("a header value is decoded") {
  const Case cases[] = {
      {"", ""},
      {" plain text \r\n folded", "plain text  folded"},
      {"a =? b", "a =? b"},
      {"=?utf-8?Q?caf=C3=A9?=", "caf\xC3\xA9"},
      {"=?UTF-8?b?Y2Fmw6k=?= au lait", "caf\xC3\xA9 au lait"},
      {"=?iso-8859-1?q?a_=E9?= =?iso-8859-1?q?b?=",
       "a \xC3\xA9"
       "b"},
      {"=?utf-8*en?q?caf=C3=A9?=", "caf\xC3\xA9"},
      {"=?utf-8?b?w6?= =?utf-8?b?k=?=", "\xC3\xA9"},
      {"=?koi8-r?B?8NLJ18XU?=", "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
      {"=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "\xE3\x81\x93\xE3\x82\x93\xE3\x81\xAB\xE3\x81\xA1\xE3\x81\xAF"},
      {"=?gb18030?B?xOO6ww==?=", "\xE4\xBD\xA0\xE5\xA5\xBD"},
      {"=?utf-8?q?J=C3=B6rg?= <j@example.org>", "J\xC3\xB6rg <j@example.org>"},
      {"caf\xC3\xA9 raw", "caf\xC3\xA9 raw"},
      {"caf\xE9 raw", "caf\xC3\xA9 raw"},
      {"\x93quoted\x94", "\xE2\x80\x9Cquoted\xE2\x80\x9D"},
      {"caf\xE9 =?utf-8?q?=C3=A9?=", "caf\xC3\xA9 \xC3\xA9"},
      {"(=?utf-8?q?a?=) =?utf-8?q?b?==?utf-8?q?c?=d", "(a) bcd"},  // where it should not stand, but senders put it
      {"=?utf-8?q?a b?=", "a b"},
      {"=?utf-8?q?a?b?=", "a?b"},
      {"=?utf-8?q?a=zzb=4_=?=", "a=zzb=4 ="},
      {"=?utf-8?q?\?=", ""},
      {"a =?utf-8?b?\?= b", "a  b"},
      {"=?utf-8?b?YQ?=", "a"},
      {"=?utf-8?b?Y!Q = =?=", "a"},
      {"=?us-ascii?q?caf=E9?=", "caf\xC3\xA9"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(decode_header(c.text) == c.want);
  }
}

TEST_CASE("a word in an unknown charset stays as it was written") {
  const Case cases[] = {
      {"=?x-unknown?q?abc?=", "=?x-unknown?q?abc?="},
      {"before =?x-unknown?q?abc?= after", "before =?x-unknown?q?abc?= after"},
      {"=?utf-8?q?=C3=A9?= =?x-unknown?b?YWJj?= =?utf-8?q?=C3=A8?=", "\xC3\xA9 =?x-unknown?b?YWJj?= \xC3\xA8"},
      {"=?UTF-8//IGNORE?q?abc?=", "=?UTF-8//IGNORE?q?abc?="},
      {"=?\?q?abc?=", "=?\?q?abc?="},
      {"=?*en?q?abc?=", "=?*en?q?abc?="},
      {"=?utf-8?X?=?evil?Q?a?=", "=?utf-8?X?=?evil?Q?a?="},  // no word, and then an unknown one
      {"=?x?q?=?utf-8?q?a?=", "=?x?q?=?utf-8?q?a?="},        // one word, and none within it
      {"=?utf-8?X?=?utf-8?Q?a?=", "=?utf-8?X?a"},
      {"=?" + std::string(1000, 'x') + "?q?abc?=", "=?" + std::string(1000, 'x') + "?q?abc?="},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(decode_header(c.text) == c.want);
  }
}

TEST_CASE("a hostile header value comes out bounded and valid") {
  const std::string cases[] = {
      repeat("=?x?q?\?=", 20'000),
      repeat("=?", 100'000),
      repeat("=?utf-8?b?", 20'000),
      repeat("=?utf-8?q?=C3?= ", 5'000),
      repeat("=?utf-7?q?+AAAA-?= ", 5'000),
      "=?utf-8?q?=FF=FE=00=1B[31m?=",
      std::string("=?utf-8?q?a?=\0=?utf-8?q?b?=", 27),
      repeat("\xFF", 100'000),
      "=?utf-8?b?====?=",
      "=?utf-8?q?=?=",
      "=?utf-8?b?\?=",
      "=?utf-8?q",
      "=?utf-8?",
      "=??",
      "=?",
  };
  for (const auto& text : cases) {
    const std::string out = decode_header(text);
    CHECK(is_valid_utf8(out));
    CHECK(out.size() <= 4 * 16 * 1024);
  }
}

TEST_CASE("adjacent words of one charset and encoding are one") {
  const Case cases[] = {
      {"=?utf-8?q?=C3?=  =?UTF8?Q?=A9?=", "\xC3\xA9"},
      {"=?utf-8?q?=C3?=\t=?utf-8*en?q?=A9?=", "\xC3\xA9"},
      {"=?utf-8?b?YQ==?= =?utf-8?b?Yg==?= =?utf-8?b?Yw==?=", "abc"},
      {"=?big5?b?p0E=?= =?big5?b?pg==?= =?big5?b?bg==?=", "\xE4\xBD\xA0\xE5\xA5\xBD"},
      {"=?iso-2022-jp?B?GyRCJDM=?= =?iso-2022-jp?B?GyRCJHM=?=", "\xE3\x81\x93\xE3\x82\x93"},
      {"=?utf-8?q?=C3?= =?utf-8?b?qQ==?=", kFffd + kFffd},
      {"=?utf-8?q?=C3?= =?iso-8859-1?q?=A9?=", kFffd + "\xC2\xA9"},
      {"=?utf-8?q?=C3?= x =?utf-8?q?=A9?=", kFffd + " x " + kFffd},
      {"=?utf-8?q?a?= =?x?q?b?= =?utf-8?q?c?= =?utf-8?q?d?=", "a =?x?q?b?= cd"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(decode_header(c.text) == c.want);
  }
}

TEST_CASE("no NUL comes out") {
  CHECK(decode_header(std::string("a\0b", 3)) == "a" + kFffd + "b");
  CHECK(decode_header(std::string("a\0b =?utf-8?q?c=00d?=", 21)) == "a" + kFffd + "b c" + kFffd + "d");
  CHECK(decode_header("=?utf-8?b?AAA=?=") == kFffd + kFffd);
}

TEST_CASE("words in unknown charsets stay, and cost those behind them nothing") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "=?x-" + std::to_string(i) + "?q?a?= ";
  Charsets charsets;
  CHECK(decode_header(text + "=?koi8-r?q?=C1?=", charsets) == text + "\xD0\xB0");
  CHECK(charsets.opened() == 1);
}

TEST_CASE("a message has few charsets, however often they change") {
  const std::string names[] = {"koi8-r", "big5",    "gb18030", "euc-jp",    "cp1250",
                               "cp1251", "tis-620", "koi8-u",  "iso-8859-2"};
  std::string text, want;
  for (std::size_t i = 0; i < 450; ++i) {
    text += "=?" + names[i % 9] + "?q?a?= ";
    want += i % 9 < 8 ? (i > 0 && i % 9 == 0 ? " a" : "a") : " =?iso-8859-2?q?a?=";
  }
  Charsets charsets;
  CHECK(decode_header(text, charsets) == want);
  CHECK(charsets.opened() == Charsets::kMost);
  decode_header("=?iso-8859-3?q?a?=", charsets);
  CHECK(charsets.opened() == Charsets::kMost);
  CHECK(decode_header("=?utf-8?q?=C3=A9?= =?koi8-r?q?=C1?=", charsets) == "\xC3\xA9\xD0\xB0");
  CHECK(decode_charset("caf\xE9", "", 10, charsets) == "caf\xC3\xA9");
}

TEST_CASE("threads may decode at once") {
  std::vector<std::thread> threads;
  std::vector<std::string> results(4);
  for (auto& result : results) {
    threads.emplace_back([&result] {
      for (int i = 0; i < 200; ++i) result = decode_header("=?iso-8859-" + std::to_string(1 + i % 5) + "?q?=41?=");
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == "A");
}

}  // namespace
}  // namespace maildrop::mail
