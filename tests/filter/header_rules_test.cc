/// header_rules_test.cc: each rule at its bounds, and that there is one for each name. What whole messages break is in
/// tests/filter/samples/headers-*.
#include "filter/header_rules.h"

#include <catch2/catch.hpp>
#include <set>

using namespace maildrop;
using namespace maildrop::filter;

namespace {

const std::string kWhole =
    "From: a@example.com\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@example.com>\r\n";
const std::vector<std::string> kOurs{"mx.example.org"};

/// The names of the rules that it breaks, and blanks between them.
std::string broken(const std::string& header) {
  const HeaderPlace place{.envelope_domain = "example.com", .our_names = kOurs, .now = from_millis(1'700'000'000'000)};
  std::string names;
  for (const Oddity& odd : oddities(header + "\r\nhello\r\n", place))
    names.append(names.empty() ? "" : " ").append(odd.rule->name);
  return names;
}

std::string id(const std::string& value) {
  return broken("From: a@example.com\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: " + value + "\r\n");
}
std::string date(const std::string& value) {
  return broken("From: a@example.com\r\nMessage-ID: <1@example.com>\r\nDate: " + value + "\r\n");
}
std::string subject(const std::string& value) { return broken(kWhole + "Subject: " + value + "\r\n"); }

}  // namespace

TEST_CASE("a header that is whole breaks no rule") { CHECK(broken(kWhole).empty()); }

TEST_CASE("each rule can be broken, and is known by its name") {
  std::string fields;
  for (int i = 0; i < 1000; ++i) fields += "X: y\r\n";
  std::string received;
  for (int i = 0; i < 31; ++i) received += "Received: x\r\n";
  const std::string headers[] = {"", fields + kWhole,
                                 received +
                                     "From: \"x@y.test\" <a@z.test>, b@z.test\r\nfrom: c\r\nDate: \xFC\r\nMessage-ID: "
                                     "x\r\nSubject: =?x?q?x?=\r\nX: " +
                                     std::string(996, 'x') + "\r\n",
                                 "From: x\r\nMessage-ID: <1@mx.example.org>\r\n",
                                 kWhole + "Reply-To: x@evil.example\r\n"};
  std::set<std::string_view> names, found;
  for (const std::string& header : headers)
    for (const Oddity& odd : oddities(header + "\r\n", {.envelope_domain = "example.com", .our_names = kOurs}))
      found.insert(odd.rule->name);
  for (const HeaderRule* rule : header_rules()) {
    names.insert(rule->name);
    CHECK(parse_header_rule(rule->name) == rule);
  }
  CHECK(names == found);
  CHECK(names.size() == header_rules().size());
  CHECK(parse_header_rule("no_dat").error().what == "'no_dat' is no rule, did you mean 'no_date'?");
  CHECK(parse_header_rule("").error().what == "'' is no rule");
}

TEST_CASE("a Message-ID has two parts in brackets") {
  CHECK(id("\r\n <1@example.com> ").empty());
  CHECK(id("<1@[192.0.2.1]>").empty());
  CHECK(id("<a@b@example.com>").empty());
  for (const char* none :
       {"", "x", "<>", "<@>", "<a@>", "<@b>", "<a>", "<a b@c>", "<a@b", "a@b>", "<a@b> <c@d>", "<<a@b>>"}) {
    INFO(none);
    CHECK(id(none) == "message_id");
  }
  CHECK(id("<1@mx.example.org>") == "our_message_id");
  CHECK(id("<1@MX.example.ORG>") == "our_message_id");
  CHECK(id("<1@x.mx.example.org>").empty());
}

TEST_CASE("a date is of the last fifteen days, or of the next two") {
  CHECK(date("Mon, 30 Oct 2023 22:13:20 +0000").empty());
  CHECK(date("Mon, 30 Oct 2023 22:13:19 +0000") == "date");
  CHECK(date("Thu, 16 Nov 2023 22:13:20 +0000").empty());
  CHECK(date("Thu, 16 Nov 2023 22:13:21 +0000") == "date");
  CHECK(date("") == "date");
}

TEST_CASE("a Subject that nobody can decode") {
  CHECK(subject("=?x-own?q?x?=") == "charset");
  CHECK(subject("=?x-own*en?q?x?=\r\n =?x-other?b?eA==?=") == "charset");
  CHECK(subject("=??q?x?=") == "charset");
  CHECK(subject("=?utf-8?q?x?=").empty());
  CHECK(subject("=?UTF8*en?q?x?=").empty());
  CHECK(subject("=?x-own?q?x?= =?utf-8?q?x?=").empty());
  CHECK(subject("=?x-own?q?x?= Hello").empty());
  CHECK(subject("").empty());
  CHECK(subject("=?=").empty());
  CHECK(subject("=?"
                "?=")
            .empty());
  CHECK(subject("=?x-own?=").empty());
}

TEST_CASE("a byte beyond ASCII is seen wherever it stands in the header") {
  for (std::size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '\x80';
    CHECK(broken("X: " + text + "\r\n" + kWhole) == "eight_bit");
  }
  CHECK(broken(kWhole + "\r\n\x80").empty());
  CHECK(oddities(kWhole + "X: \x80\r\n", {.smtputf8 = true, .now = from_millis(1'700'000'000'000)}).empty());
}

TEST_CASE("a line has 998 bytes, its end not counted") {
  CHECK(broken(kWhole + "X: " + std::string(995, 'x') + "\r\n").empty());
  CHECK(broken(kWhole + "X: " + std::string(996, 'x') + "\r\n") == "long_line");
  CHECK(broken(kWhole + "X: x\r\n " + std::string(998, 'x') + "\r\n") == "long_line");
  CHECK(broken("X: " + std::string(995, 'x') + "\n" + kWhole).empty());
  CHECK(broken(kWhole + "\r\n" + std::string(2000, 'x')).empty());
}

TEST_CASE("what lies behind more fields than are read is not said to be missing, and that is no better") {
  std::string fields;
  for (int i = 0; i < 999; ++i) fields += "X: y\r\n";
  CHECK(broken(fields) == "no_from no_date no_message_id");
  CHECK(broken(fields + kWhole) == "too_much");
  CHECK(broken(fields + "From: a@example.com, b@example.com\r\n" + kWhole) == "too_much");
}

TEST_CASE("fields that may be there once") {
  CHECK(broken(kWhole + "Subject: a\r\nSUBJECT: b\r\n") == "duplicate");
  CHECK(broken(kWhole + "Content-Type: text/plain\r\nContent-Type: text/plain\r\n") == "duplicate");
  CHECK(broken(kWhole + "Comments: a\r\nComments: b\r\nReceived: a\r\nReceived: b\r\n").empty());
}
