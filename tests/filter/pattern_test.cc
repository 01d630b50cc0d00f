/// pattern_test.cc: what operators write in lists, and what it matches.
#include "filter/pattern.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;

TEST_CASE("networks and names") {
  CHECK(Pattern::parse("192.0.2.0/24")->matches(*IpAddress::parse("192.0.2.9")));
  CHECK_FALSE(Pattern::parse("192.0.2.0/24")->matches(*IpAddress::parse("192.0.3.9")));
  struct Row {
    const char* pattern;
    const char* name;
    bool matches;
  };
  for (const Row& row : {Row{"client:a.example", "A.Example", true}, Row{"client:a.example", "b.a.example", false},
                         Row{"client:.a.example", "b.A.example", true}, Row{"client:.a.example", "a.example", false},
                         Row{"client:.a.example", "ba.example", false}, Row{"helo:/^dsl-/", "DSL-1.example", true},
                         Row{"helo:/^dsl-/", "x.dsl-1.example", false}, Row{"helo:[192.0.2.1]", "[192.0.2.1]", true},

                         Row{"client:b\xc3\xbc"
                             "cher.example",
                             "xn--bcher-kva.example", true}}) {
    INFO(row.pattern << " on " << row.name);
    const auto pattern = Pattern::parse(row.pattern);
    REQUIRE(pattern);
    CHECK(pattern->matches(std::string_view(row.name)) == row.matches);
    CHECK(pattern->text() == row.pattern);
  }
}

TEST_CASE("addresses") {
  struct Row {
    const char* pattern;
    const char* address;
    bool matches;
  };
  for (const Row& row :
       {Row{"from:a@example.com", "A@Example.com", true}, Row{"from:a@example.com", "b@example.com", false},
        Row{"from:@example.com", "b@example.com", true}, Row{"from:@example.com", "b@mail.example.com", false},
        Row{"from:@.example.com", "b@mail.example.com", true}, Row{"from:@.example.com", "b@example.com", false},
        Row{"to:postmaster@", "Postmaster@any.example", true}, Row{"to:/^a.*@b/", "aXc@b.example", true}}) {
    INFO(row.pattern << " on " << row.address);
    const auto pattern = Pattern::parse(row.pattern);
    REQUIRE(pattern);
    CHECK(pattern->matches(*mail::parse_address(row.address)) == row.matches);
  }
  CHECK_FALSE(Pattern::parse("from:@example.com")->matches(mail::Address{}));
  CHECK(Pattern::parse("from:/^$/")->matches(mail::Address{}));  // a bounce
}

TEST_CASE("what is no pattern is told") {
  for (const char* text : {"", "example.com", "192.0.2.0/33", "from:example.com", "from:@", "client:", "helo:.",
                           "to:/(/", "host:example.com"}) {
    INFO(text);
    const auto pattern = Pattern::parse(text);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().code == Code::invalid);
  }
  CHECK_FALSE(Pattern::parse("helo:/" + std::string(Expression::kLongest + 1, 'x') + "/"));
}
