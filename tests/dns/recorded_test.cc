/// recorded_test.cc: answers as lines, there and back, and what is no line.
#include "dns/recorded.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::dns;

TEST_CASE("recorded: a line reads back as it was written") {
  for (const char* line :
       {"A example.com = 192.0.2.1, 192.0.2.2", "AAAA example.com = 2001:db8::1", "MX example.com = 10 a.example, 0 .",
        "TXT example.com = \"v=spf1 -all\", \"a, \\\"b\\\" \\\\ \\000\\255\", \"\"",
        "PTR 1.2.0.192.in-addr.arpa = a\\009.b", "NS  = a.root", "A nowhere.example = no_name", "A x.example = no_data",
        "A \"q = 1, x.b.example\" = 192.0.2.1", "MX x.example = 10 \"a, b.example\", 20 c.example",
        "PTR x.example = \"a b.example\"", "A x.example = failed", "A x.example = timed_out",
        "A x.example = refused"}) {
    INFO(line);
    const auto parsed = parse_line(line);
    REQUIRE(parsed);
    CHECK(to_line(parsed->first, parsed->second) == line);
  }
  CHECK(parse_line("TXT x = \"\\000\\255\"")->second.records.front().text == std::string("\0\xff", 2));
  CHECK(parse_line("mx Example.COM. = 10 b.example")->first.name == "example.com");
}

TEST_CASE("recorded: a stranger's name is no status") {
  for (const char* word : {"found", "no_data", "no_name", "failed", "timed_out", "refused", ""}) {
    for (const Type type : {Type::ptr, Type::cname, Type::ns, Type::mx, Type::txt}) {
      const Question question = *Question::make(word, type);
      const Answer answer{.status = Status::found, .records = {Record{.text = word}}};
      const std::string line = to_line(question, answer);
      INFO(line);
      const auto read = parse_line(line);
      REQUIRE(read);
      CHECK(read->first == question);
      CHECK(read->second.status == Status::found);
      CHECK(read->second.records == answer.records);
    }
  }
}

TEST_CASE("recorded: what is no line is told") {
  for (const char* line : {"",
                           "A",
                           "A example.com",
                           "A example.com =",
                           "A example.com = ",
                           "A example.com = 2001:db8::1",
                           "AAAA example.com = 192.0.2.1",
                           "SRV example.com = x",
                           "MX example.com = a.example",
                           "MX example.com = 10",
                           "MX example.com = 70000 a",
                           "TXT x = v=spf1",
                           "TXT x = \"open",
                           "TXT x = \"\\300\"",
                           "TXT x = \"a\"b",
                           "A example.com = 192.0.2.1,",
                           "A example.com = 192.0.2.1, ",
                           "A a..b = 192.0.2.1",
                           "PTR x = a b",
                           "A example.com = gone"}) {
    INFO(line);
    const auto parsed = parse_line(line);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Code::invalid);
  }
}

TEST_CASE("recorded: answers by their questions") {
  const auto recorded = Recorded::parse("# so it was\r\n\nA a.example = 192.0.2.1\r\nA a.example = 192.0.2.2\n");
  REQUIRE(recorded);
  CHECK(recorded->answer(*Question::make("A.example", Type::a)).records.front().address ==
        *IpAddress::parse("192.0.2.2"));
  CHECK(recorded->answer(*Question::make("a.example", Type::mx)).status == Status::no_name);
  const auto wrong = Recorded::parse("A a.example = 192.0.2.1\n\nA b.example = \n");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().what == "line 3: neither records of its type nor a status");
  CHECK_FALSE(Recorded::parse(std::string(Recorded::kMostBytes + 1, '\n')));
}
