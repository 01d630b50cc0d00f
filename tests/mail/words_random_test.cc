/// words_random_test.cc: values made of the pieces of words: what they open, and that GMime reads honest ones as we do.
#include <dlfcn.h>
#include <gmime/gmime.h>
#include <iconv.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "core/text.h"
#include "mail/charset_names.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/words.h"

namespace {

thread_local std::set<std::string>* opened = nullptr;  // what this thread asks iconv for, while it is looked at

}  // namespace

/// In the place of glibc's, for all that is linked here.
extern "C" iconv_t iconv_open(const char* to, const char* from) {
  using Open = iconv_t (*)(const char*, const char*);
  static const auto real = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "iconv_open"));  // NOLINT: dlsym's own convention
  if (opened != nullptr) opened->insert(from);
  return real(to, from);
}

namespace maildrop::mail {
namespace {

template <std::size_t N>
std::string random_value(std::mt19937& random, const std::string (&pieces)[N], std::size_t most) {
  std::string out;
  for (std::size_t left = random() % most + 1; left > 0; --left) out += pieces[random() % N];
  return out;
}

std::set<std::string> opened_by(const std::string& value) {
  std::set<std::string> out;
  opened = &out;
  const std::string text = decode_header(value);
  opened = nullptr;
  if (!is_valid_utf8(text)) FAIL("no UTF-8: " << value);
  return out;
}

TEST_CASE("words: what a stranger writes names no charset to iconv that we do not know") {
  const std::string pieces[] = {"=?",
                                "?=",
                                "?",
                                "=",
                                "_",
                                "Q",
                                "B",
                                "q",
                                "b",
                                "X",
                                "a",
                                " ",
                                "\t",
                                "*en",
                                "x1",
                                "x2",
                                "zz1",
                                "utf-8",
                                "koi8-r",
                                "UTF-7",
                                "gbk?Q?",
                                "?Q?",
                                "?B?",
                                "=?koi8-u?q?",
                                "=?x3?Q?",
                                "=?utf-8?Q?",
                                "=?latin2//IGNORE?Q?",
                                std::string(1, '\0')};
  std::mt19937 random(20471);
  std::set<std::string> all;
  for (int i = 0; i < 100'000; ++i) {
    const std::string value = random_value(random, pieces, 24);
    for (const std::string& name : opened_by(value)) {
      if (iconv_name(name) != name) FAIL(name << " by " << value);
      all.insert(name);
    }
  }
  CHECK(all == std::set<std::string>{"GB18030", "KOI8-R", "KOI8-U", "UTF-7"});
}

TEST_CASE("words: a message opens no more charsets than it may") {
  std::mt19937 random(2047);
  for (int i = 0; i < 300; ++i) {
    std::string subject;
    for (int word = 0; word < 100; ++word)
      subject +=
          "=?" + std::string(random() % 2 == 0 ? "iso-8859-" : "cp125") + std::to_string(random() % 20) + "?Q?a?= ";
    std::set<std::string> names;
    opened = &names;
    overview("From: " + subject + "\r\nSubject: \xE9 " + subject + "\r\n\r\n");
    opened = nullptr;
    if (names.size() > Charsets::kMost + 1) FAIL(subject);
  }
}

std::string by_gmime(const std::string& value) {
  gchar* const text = g_mime_utils_header_decode_text(nullptr, value.c_str());
  std::string out = text == nullptr ? "" : text;
  g_free(text);
  return out;
}

std::string base64(const std::string& bytes) {
  gchar* const text = g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size());
  std::string out = text;
  g_free(text);
  return out;
}

std::string quoted(const std::string& bytes, std::mt19937& random) {
  std::string out;
  for (const char c : bytes) {
    char code[4];
    std::snprintf(code, sizeof code, random() % 2 == 0 ? "=%02X" : "=%02x", static_cast<unsigned char>(c));
    out += c == ' ' ? "_" : g_ascii_isalnum(c) && random() % 4 > 0 ? std::string(1, c) : code;
  }
  return out;
}

/// Words as senders should write them, but no two of one charset in base64 in a row: GMime loses what follows the
/// padding of the first.
TEST_CASE("words: GMime reads honest ones as we do") {
  g_mime_init();
  const std::pair<std::string, std::string> texts[] = {
      {"utf-8", "caf\xC3\xA9 \xE2\x82\xAC"},
      {"iso-8859-2", "\xB1\xE6\xEA z"},
      {"koi8-r", "\xF0\xD2\xC9\xD7\xC5\xD4"},
      {"windows-1252", "\x93quoted\x94"},
      {"big5", "\xA7\x41\xA6\x6E"},
      {"gb18030", "\xC4\xE3\xBA\xC3"},
      {"iso-2022-jp", "\x1B$B$3$s\x1B(B and"},
      {"us-ascii", "plain text"},
      {"euc-jp", "\xA4\xB3\xA4\xF3"},
      {"iso-8859-15", "10 \xA4"},
  };
  const std::string between[] = {" ", "\t", "  ", " and ", " (", ") ", "\r\n "};
  std::mt19937 random(822);
  for (int i = 0; i < 20'000; ++i) {
    std::string value;
    std::string last;
    for (std::size_t words = random() % 6 + 1; words > 0; --words) {
      const auto& [charset, text] = texts[random() % std::size(texts)];
      const bool is_base64 = random() % 2 == 0 && charset != last;
      last = is_base64 ? charset : "";
      value += "=?" + charset + (is_base64 ? "?B?" + base64(text) : "?Q?" + quoted(text, random)) + "?=";
      value += between[random() % std::size(between)];
    }
    if (decode_header(value) != trim(by_gmime(unfold(value)))) {
      FAIL(value << "\nours   " << decode_header(value) << "\nGMime's " << by_gmime(unfold(value)));
    }
  }
}

}  // namespace
}  // namespace maildrop::mail
