/// charset_names_test.cc: one charset by all its names, and no others.
#include "mail/charset_names.h"

#include <iconv.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace maildrop::mail {
namespace {

TEST_CASE("a charset is known by all its names") {
  struct {
    std::string name, iconv;
  } const cases[] = {
      {"utf-8", "UTF-8"},
      {"UTF8", "UTF-8"},
      {"us-ascii", "US-ASCII"},
      {"ISO-8859-1", "WINDOWS-1252"},
      {"ISO_8859-1:1987", "WINDOWS-1252"},
      {"latin1", "WINDOWS-1252"},
      {"iso-8859-15", "ISO-8859-15"},
      {"Windows-1251", "CP1251"},
      {"ks_c_5601-1987", "UHC"},
      {"GB_2312-80", "GB18030"},
      {"x-sjis", "CP932"},
      {"unicode-1-1-utf-7", "UTF-7"},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    CHECK(iconv_name(c.name) == c.iconv);
    CHECK(iconv_name(iconv_name(c.name)) == c.iconv);
  }
}

TEST_CASE("what is no charset has no name") {
  for (const std::string name :
       {"", "-", "x-unknown", "utf-8//IGNORE", "utf 8", " utf-8", "../../etc/passwd", "utf-8\xC3\xA9", "iso-8859-12",
        "ibm037", "utf-8-------------------------------------"})
    CHECK(iconv_name(name).empty());
  CHECK(iconv_name(std::string("utf-8\0", 6)).empty());
}

TEST_CASE("iconv knows what it is asked for") {
  std::set<std::string> names = {"UTF-7",
                                 "UTF-16BE",
                                 "UTF-16LE",
                                 "UTF-32BE",
                                 "UTF-32LE",
                                 "EUC-JP",
                                 "EUC-KR",
                                 "EUC-TW",
                                 "SJIS",
                                 "BIG5",
                                 "BIG5-HKSCS",
                                 "EUC-JISX0213",
                                 "JOHAB",
                                 "TIS-620",
                                 "VISCII",
                                 "TCVN",
                                 "ARMSCII-8",
                                 "SHIFT_JISX0213",
                                 "KOI8-R",
                                 "KOI8-U",
                                 "KOI8-T",
                                 "PT154",
                                 "RK1048",
                                 "GEORGIAN-PS",
                                 "MACINTOSH",
                                 "x-mac-roman",
                                 "x-mac-cyrillic",
                                 "x-mac-ce",
                                 "GEORGIAN-ACADEMY",
                                 "iso-2022-kr",
                                 "iso-2022-cn",
                                 "iso-2022-cn-ext",
                                 "iso-2022-jp",
                                 "gb2312",
                                 "hebrew"};
  for (const std::string family : {"utf-", "ucs-", "iso-8859-", "iso-2022-jp-", "cp", "latin"}) {
    for (int i = 0; i < 2000; ++i) names.insert(family + std::to_string(i));
  }
  std::set<std::string> opened;
  for (const std::string& each : names) {
    const std::string name(iconv_name(each));
    if (name.empty() || !opened.insert(name).second) continue;
    INFO(name);
    CHECK(iconv_name(name) == name);
    const iconv_t handle = iconv_open("UTF-8", name.c_str());
    REQUIRE(handle != reinterpret_cast<iconv_t>(-1));  // NOLINT: iconv's own convention
    iconv_close(handle);
  }
  CHECK(opened.size() == 81);  // all but US-ASCII
}

}  // namespace
}  // namespace maildrop::mail
