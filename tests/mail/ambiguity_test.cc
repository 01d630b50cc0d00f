/// ambiguity_test.cc: what readers take in two ways, and what is merely odd.
#include "mail/ambiguity.h"

#include <catch2/catch.hpp>
#include <string>

using namespace maildrop::mail;

TEST_CASE("ambiguity: boundaries") {
  struct Case {
    std::string parameters;
    bool ambiguous;
  };
  const Case each = GENERATE(values<Case>({
      {"boundary=b", false},
      {"boundary=\"----=_Next Part(1)\"", false},
      {"\r\n\tBOUNDARY = \"b\"", false},
      {"boundary=NS_MAIL_Boundary_1", false},
      {"boundary=\"boundary\"; type=\"multipart/alternative\"", false},
      {"boundary=b;", false},
      {"charset=utf-8", false},
      {"boundary=b; boundary=b", true},
      {"boundary=b; boundary*=us-ascii''c", true},
      {"boundary*0=b", true},
      {"boundary=b(c)", true},
      {"boundary=\"a\\b\"", true},
      {"boundary=\"b", true},
      {"boundary=\"b\"c", true},
      {"boundary=b c", true},
      {"boundary=b=c", false},
      {"boundary", true},
      {"x=\"; boundary=b\"", true},
      {"x=\"\" boundary=b", true},
      {"boundary=\"\xE9\"", false},
      {"boundary=\xE9", true},
  }));
  INFO(each.parameters);
  CHECK(is_ambiguous_boundary(" multipart/mixed; " + each.parameters) == each.ambiguous);
}

TEST_CASE("ambiguity: kinds") {
  struct Case {
    std::string fields;
    bool ambiguous;
  };
  const Case each = GENERATE(values<Case>({
      {"", false},
      {"Content-Type: text/plain\r\n", false},
      {"Content-Type: text/plain\r\nContent-Type: text/html\r\n", false},
      {"Content-Type: a/b\r\nContent-Type:  A/B\r\n", false},
      {"Content-Type: a/b\r\nContent-Type: a/c\r\n", true},
      {"Content-Type: text/plain\r\nContent-Type: text/html\r\nContent-Type: a/c\r\n", true},
      {"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n", true},
      {"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 7BIT\r\n", false},
      {"Content-Type: html\r\n", false},
      {"Content-Type: \"a/b\"\r\n", true},
      {"Content-Type: (c) a/b\r\n", true},
      {"Content-Type: a\xE9/b\r\n", true},
      {"Content-Type: /b\r\n", true},
      {"Content-Type: text/\r\n", false},
  }));
  INFO(each.fields);
  CHECK(is_ambiguous_kind(scan_headers(each.fields)) == each.ambiguous);
}

TEST_CASE("ambiguity: Content-* fields") {
  CHECK(begins_content_field("content-TYPE : x"));
  CHECK_FALSE(begins_content_field("Content-Type"));
  CHECK_FALSE(begins_content_field(" Content-Type: x"));
}
