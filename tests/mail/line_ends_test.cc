/// line_ends_test.cc: CRLF and LF, and CR that is neither.
#include "mail/line_ends.h"

#include <catch2/catch.hpp>

namespace maildrop::mail {
namespace {

TEST_CASE("line ends become what is asked for, and a lone CR is text") {
  struct Row {
    std::string text, crlf, lf;
  };
  const std::vector<Row> rows = {
      {"", "", ""},
      {"a\r\nb\r\n", "a\r\nb\r\n", "a\nb\n"},
      {"a\nb\n", "a\r\nb\r\n", "a\nb\n"},
      {"a\nb", "a\r\nb", "a\nb"},
      {"a\rb\r", "a\rb\r", "a\rb\r"},
      {"a\r\r\n", "a\r\r\n", "a\r\n"},
      {"\n\r\n\n", "\r\n\r\n\r\n", "\n\n\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(to_crlf(row.text) == row.crlf);
    CHECK(to_lf(row.text) == row.lf);
  }
}

}  // namespace
}  // namespace maildrop::mail
