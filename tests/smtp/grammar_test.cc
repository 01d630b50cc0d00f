/// grammar_test.cc: command lines, taken apart or refused.
#include "smtp/grammar.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace maildrop::smtp;

TEST_CASE("verbs and arguments") {
  struct Case {
    std::string_view line;
    Verb verb;
    std::string_view argument;
  };
  const Case cases[] = {
      {"NOOP", Verb::noop, ""},
      {"noop", Verb::noop, ""},
      {"nOoP  a b  ", Verb::noop, "a b"},
      {"MAIL FROM:<a@b>", Verb::mail, "FROM:<a@b>"},
      {"MAIL   FROM:<a@b>", Verb::mail, "FROM:<a@b>"},
      {"RCPT TO:<a@b>", Verb::rcpt, "TO:<a@b>"},
      {"DATA", Verb::data, ""},
      {"DATA ", Verb::data, ""},
      {"EHLO a", Verb::ehlo, "a"},
      {"HELO a", Verb::helo, "a"},
      {"RSET", Verb::rset, ""},
      {"QUIT", Verb::quit, ""},
      {"VRFY x", Verb::vrfy, "x"},
      {"EXPN x", Verb::expn, "x"},
      {"HELP", Verb::help, ""},
      {"STARTTLS", Verb::starttls, ""},
      {"AUTH PLAIN x", Verb::unimplemented, "PLAIN x"},
      {"BDAT 5 LAST", Verb::bdat, "5 LAST"},
      {"XCLIENT ADDR=127.0.0.1", Verb::xclient, "ADDR=127.0.0.1"},
      {"GET / HTTP/1.1", Verb::foreign, "/ HTTP/1.1"},
      {"post / HTTP/1.1", Verb::foreign, "/ HTTP/1.1"},
      {"PROXY TCP4 127.0.0.1 127.0.0.1 1 2", Verb::foreign, "TCP4 127.0.0.1 127.0.0.1 1 2"},
      {"SSH-2.0-OpenSSH_9.2", Verb::foreign, ""},
      {"", Verb::unknown, ""},
      {" NOOP", Verb::unknown, "NOOP"},
      {"NOOPX", Verb::unknown, ""},
      {"NOO", Verb::unknown, ""},
      {"MAIL\tFROM:<a@b>", Verb::unknown, ""},
      {"DATA.", Verb::unknown, ""},
      {"GETS", Verb::unknown, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    const Command command = parse_command(c.line);
    CHECK(command.verb == c.verb);
    CHECK(command.argument == c.argument);
  }
}

TEST_CASE("HELO names") {
  const std::string longest(255, 'a');
  const std::string_view good[] = {"a",           "client.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]",
                                   "under_score", "localhost.",         longest};
  for (const std::string_view name : good) {
    CAPTURE(name);
    REQUIRE(parse_helo(name));
    CHECK(*parse_helo(name) == name);
  }
  CHECK(*parse_helo("name and more") == "name");
  const std::string too_long(256, 'a');
  const std::string_view bad[] = {"",
                                  "b\xc3\xbc"
                                  "cher",
                                  "a\x7f", too_long};
  for (const std::string_view name : bad) {
    CAPTURE(name);
    REQUIRE_FALSE(parse_helo(name));
    CHECK(parse_helo(name).error().code == 501);
  }
}

TEST_CASE("MAIL that is taken") {
  struct Case {
    std::string_view argument;
    std::string_view from;  // Address::to_string()
    std::uint64_t size;
    bool utf8;
    bool eight_bit;
  };
  const Case cases[] = {
      {"FROM:<>", "", 0, false, false},
      {"from:<a@b.test>", "a@b.test", 0, false, false},
      {"FROM: <a@b.test>", "a@b.test", 0, false, false},
      {"FROM:<a@b.test> SIZE=0", "a@b.test", 0, false, false},
      {"FROM:<a@b.test> SIZE=1000", "a@b.test", 1000, false, false},
      {"FROM:<a@b.test> SIZE=18446744073709551615", "a@b.test", UINT64_MAX, false, false},
      {"FROM:<a@b.test> SIZE=18446744073709551616", "a@b.test", UINT64_MAX, false, false},
      {"FROM:<a@b.test> SIZE=99999999999999999999", "a@b.test", UINT64_MAX, false, false},
      {"FROM:<a@b.test> SIZE=00000000000000000001", "a@b.test", 1, false, false},
      {"FROM:<a@b.test> body=8bitmime", "a@b.test", 0, false, true},
      {"FROM:<a@b.test> BODY=7BIT", "a@b.test", 0, false, false},
      {"FROM:<a@b.test>   SMTPUTF8   SIZE=5 BODY=8BITMIME", "a@b.test", 5, true, true},
      {"FROM:<@relay.test,@other.test:a@b.test>", "a@b.test", 0, false, false},
      {"FROM:<\"a b\"@b.test>", "\"a b\"@b.test", 0, false, false},
      {"FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", 0, false, false},
      {"FROM:<b\xc3\xa9@b.test> SMTPUTF8", "b\xc3\xa9@b.test", 0, true, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.argument);
    const auto mail = parse_mail(c.argument, true);
    REQUIRE(mail);
    CHECK(mail->from.to_string() == c.from);
    CHECK(mail->size == c.size);
    CHECK(mail->smtputf8 == c.utf8);
    CHECK(mail->eight_bit == c.eight_bit);
  }
}

TEST_CASE("MAIL that is refused") {
  struct Case {
    std::string_view argument;
    Reply reply;
  };
  const Case cases[] = {
      {"", reply::mail_syntax},
      {"TO:<a@b.test>", reply::mail_syntax},
      {"FROM <a@b.test>", reply::mail_syntax},
      {"FROM :<a@b.test>", reply::mail_syntax},
      {"FROM:", reply::bad_sender},
      {"FROM:a@b.test", reply::bad_sender},
      {"FROM:<a@b.test", reply::bad_sender},
      {"FROM:<a>", reply::bad_sender},
      {"FROM:<postmaster>", reply::bad_sender},
      {"FROM:<a@b@c>", reply::bad_sender},
      {"FROM:<a@b.test>SIZE=5", reply::bad_sender},
      {"FROM:<a@b.test>>", reply::bad_sender},
      {"FROM:<b\xff@b.test> SMTPUTF8", reply::bad_sender},
      {"FROM:<b\xc0\xaf@b.test> SMTPUTF8", reply::bad_sender},
      {"FROM:<b\xed\xa0\x80@b.test> SMTPUTF8", reply::bad_sender},
      {"FROM:<b\xc3\xa9@b.test>", reply::needs_utf8},
      {"FROM:<b\xc3\xa9@b.test> SIZE=5", reply::needs_utf8},
      {"FROM:<a@b.test> SIZE", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=abc", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=-1", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=+1", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=0x5", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=1.0", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=000000000000000000001", reply::bad_parameter},
      {"FROM:<a@b.test> SIZE=5 SIZE=5", reply::bad_parameter},
      {"FROM:<a@b.test> BODY", reply::bad_parameter},
      {"FROM:<a@b.test> BODY=NONSENSE", reply::bad_parameter},
      {"FROM:<a@b.test> BODY=7BIT BODY=7BIT", reply::bad_parameter},
      {"FROM:<a@b.test> SMTPUTF8=1", reply::bad_parameter},
      {"FROM:<a@b.test> SMTPUTF8=", reply::bad_parameter},
      {"FROM:<a@b.test> SMTPUTF8 SMTPUTF8", reply::bad_parameter},
      {"FROM:<a@b.test> FOO=BAR", reply::unknown_parameter},
      {"FROM:<a@b.test> FOO", reply::unknown_parameter},
      {"FROM:<a@b.test> =5", reply::unknown_parameter},
      {"FROM:<a@b.test> RET=FULL", reply::unknown_parameter},
      {"FROM:<a@b.test> AUTH=<>", reply::unknown_parameter},
  };
  for (const Case& c : cases) {
    CAPTURE(c.argument);
    const auto mail = parse_mail(c.argument, true);
    REQUIRE_FALSE(mail);
    CHECK(mail.error().text == c.reply.text);
    CHECK(mail.error().code == c.reply.code);
  }
  CHECK(parse_mail("FROM:<a@b.test> SIZE=5", false).error().code == 555);
  CHECK(parse_mail("FROM:<a@b.test>", false));
}

TEST_CASE("RCPT") {
  struct Case {
    std::string_view argument;
    bool utf8;
    int code;  // 0: taken
    std::string_view to;
  };
  const std::string local(64, 'l');
  const std::string fits = "TO:<" + local + "@b.test>";
  const std::string kept = local + "@b.test";
  const std::string too_long = "TO:<l" + local + "@b.test>";
  const Case cases[] = {
      {"TO:<u@b.test>", false, 0, "u@b.test"},
      {"to: <u@B.Test>", false, 0, "u@b.test"},
      {"TO:<postmaster>", false, 0, "postmaster"},
      {"TO:<PostMaster>", false, 0, "PostMaster"},
      {"TO:<postmaster@b.test>", false, 0, "postmaster@b.test"},
      {"TO:<@a.test:u@b.test>", false, 0, "u@b.test"},
      {"TO:<\"u\"@b.test>", false, 0, "u@b.test"},
      {"TO:<u@[IPv6:2001:db8::1]>", false, 0, "u@[IPv6:2001:db8::1]"},
      {"TO:<\xc3\xa9@b.test>", true, 0, "\xc3\xa9@b.test"},
      {"TO:<\xc3\xa9@b.test>", false, 553, ""},
      {"TO:<\xff@b.test>", true, 501, ""},
      {"TO:<>", false, 501, ""},
      {"TO:<u>", false, 501, ""},
      {"TO:<u@b..test>", false, 501, ""},
      {"TO:<u@-b.test>", false, 501, ""},
      {"TO:<.u@b.test>", false, 501, ""},
      {"TO:<u.@b.test>", false, 501, ""},
      {"TO:<u..v@b.test>", false, 501, ""},
      {"TO:<u v@b.test>", false, 501, ""},
      {"TO:<\"u@b.test>", false, 501, ""},
      {"TO:<@a.test,u@b.test>", false, 501, ""},
      {"TO:<u@[999.0.2.1]>", false, 501, ""},
      {"TO:<u@[2001:db8::1]>", false, 501, ""},
      {"TO:u@b.test", false, 501, ""},
      {"FROM:<u@b.test>", false, 501, ""},
      {"", false, 501, ""},
      {"TO:<u@b.test> NOTIFY=NEVER", false, 555, ""},
      {"TO:<u@b.test> FOO", false, 555, ""},
      {fits, false, 0, kept},
      {too_long, false, 501, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.argument);
    const auto to = parse_rcpt(c.argument, c.utf8);
    REQUIRE(to.has_value() == (c.code == 0));
    if (to) {
      CHECK(to->to_string() == c.to);
    } else {
      CHECK(to.error().code == c.code);
    }
  }
}

TEST_CASE("BDAT: what is a size, and what leaves no one knowing how much follows") {
  const std::uint64_t most = UINT64_MAX;
  const struct {
    const char* argument;
    std::uint64_t size;
    bool last;
  } good[] = {{"0", 0, false},
              {"5 LAST", 5, true},
              {"5   last", 5, true},
              {"007", 7, false},
              {"18446744073709551615", most, false},
              {"18446744073709551616", most, false},
              {"99999999999999999999", most, false}};
  for (const auto& c : good) {
    CAPTURE(c.argument);
    const auto chunk = parse_bdat(c.argument);
    REQUIRE(chunk);
    CHECK(chunk->size == c.size);
    CHECK(chunk->last == c.last);
  }
  for (const char* bad :
       {"", "LAST", "-1", "+5", "0x5", "5.0", "5,", "5 LASTT", "5 LAST FOO", "5 5", "111111111111111111111"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_bdat(bad));
  }
}

TEST_CASE("MAIL: the kinds of body") {
  CHECK(parse_mail("FROM:<a@b.test> BODY=binarymime", true)->binary);
  CHECK_FALSE(parse_mail("FROM:<a@b.test> BODY=8BITMIME", true)->binary);
  CHECK(parse_mail("FROM:<a@b.test> BODY=8BITMIME", true)->eight_bit);
}
