/// date_test.cc: dates that are and dates that are not.
#include <catch2/catch.hpp>
#include <string>

#include "mail/message.h"

namespace maildrop::mail {
namespace {

TEST_CASE("a date is read, obsolete forms too") {
  struct {
    std::string text, want;
  } const cases[] = {
      {"Tue, 14 Nov 2023 22:13:20 +0000", "2023-11-14T22:13:20.000Z"},
      {" Tue, 14 Nov 2023 22:13:20 +0000 (UTC)", "2023-11-14T22:13:20.000Z"},
      {"14 Nov 2023 22:13:20 -0800", "2023-11-15T06:13:20.000Z"},
      {"Tue,14 Nov 2023 22:13:20 +0530", "2023-11-14T16:43:20.000Z"},
      {"Tue (a (b)) , 14 (c) Nov 2023\r\n 22:13 +0000", "2023-11-14T22:13:00.000Z"},
      {"Mon, 14 Nov 2023 22:13:20 +0000", "2023-11-14T22:13:20.000Z"},
      {"tuesday, 1 november 23 2:13:20 GMT", "2023-11-01T02:13:20.000Z"},
      {"1 Jan 49 00:00:00 UT", "2049-01-01T00:00:00.000Z"},
      {"1 Jan 50 00:00:00 UT", "1950-01-01T00:00:00.000Z"},
      {"1 Jan 102 00:00:00 Z", "2002-01-01T00:00:00.000Z"},
      {"31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00.000Z"},
      {"29 Feb 2024 12:00:00 EST", "2024-02-29T17:00:00.000Z"},
      {"1 Jul 2002 12:00:00 PDT", "2002-07-01T19:00:00.000Z"},
      {"1 Jul 2002 12:00:00 XYZ", "2002-07-01T12:00:00.000Z"},
      {"1 Jul 2002 12:00:00", "2002-07-01T12:00:00.000Z"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto date = parse_date(c.text);
    REQUIRE(date);
    CHECK(rfc3339(*date) == c.want);
  }
}

TEST_CASE("what is no date gives nothing") {
  const std::string cases[] = {
      "",
      " ",
      "now",
      "Tue",
      "Tue, 14 Nov",
      "14 Nov 2023",
      "32 Nov 2023 00:00:00 +0000",
      "30 Feb 2023 00:00:00 +0000",
      "0 Jan 2023 00:00:00 +0000",
      "1 Foo 2023 00:00:00 +0000",
      "1 anf 2023 00:00:00 +0000",
      "1 Jan 2 00:00:00 +0000",
      "1 Jan 20233 00:00:00 +0000",
      "1 Jan 1600 00:00:00 +0000",
      "1 Jan 2023 24:00:00 +0000",
      "1 Jan 2023 00:60:00 +0000",
      "1 Jan 2023 00:00:61 +0000",
      "1 Jan 2023 00:00: +0000",
      "1 Jan 2023 0000 +0000",
      "1 Jan 2023 00:00:00:00 +0000",
      "1 Jan 2023 00:00:00 +00000",
      "1 Jan 2023 00:00:00 +",
      "1 Jan 2023 00:00:00 +9999",
      "1 Jan 2023 00:00:00 +-100",
      "-1 Jan 2023 00:00:00 +0000",
      "1 Jan -023 00:00:00 +0000",
      "1 Jan 2023 -1:00:00 +0000",
      "99999999999 Jan 2023 00:00:00 +0000",
      "1 Jan 2023 00:00:00 \xC3\xA9",
      std::string(100'000, '('),
      std::string(100'000, ' '),
      std::string(100'000, '1'),
      std::string(100'000, ','),
  };
  for (const auto& text : cases) {
    INFO(text.substr(0, 60));
    CHECK_FALSE(parse_date(text));
  }
}

}  // namespace
}  // namespace maildrop::mail
