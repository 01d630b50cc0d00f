/// answer_test.cc: what may be asked, and how records are shown.
#include "dns/answer.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::dns;

TEST_CASE("question: names are lower case, without their final dot") {
  for (const char* name : {"example.com", "Example.COM.", "EXAMPLE.com"})
    CHECK(Question::make(name, Type::mx)->name == "example.com");
  CHECK(Question::make("_dmarc.a-b.c_d", Type::txt)->name == "_dmarc.a-b.c_d");
  CHECK(Question::make("100% A B.example", Type::a)->name == "100% a b.example");
  CHECK(Question::make(".", Type::ns)->name.empty());
  CHECK(Question::make("", Type::ns)->name.empty());
}

TEST_CASE("question: what is no name of the DNS is not asked") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  CHECK(longest.size() == 253);
  CHECK(Question::make(longest, Type::a));
  const std::string bad[] = {"a..b",
                             "..",
                             ".a",
                             "a\\b",
                             "a\nb",
                             "b\xc3\xbc"
                             "cher.example",
                             "a\x7f"
                             "b",
                             label + "a",
                             longest + "a",
                             "a..",
                             std::string("a\0b", 3)};
  for (const std::string& name : bad) {
    INFO(name);
    const auto made = Question::make(name, Type::a);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::invalid);
  }
}

TEST_CASE("question: addresses backwards, of their own and in lists") {
  const IpAddress v4 = *IpAddress::parse("192.0.2.1"), v6 = *IpAddress::parse("2001:db8::1");
  CHECK(Question::reverse(v4, Type::ptr)->name == "1.2.0.192.in-addr.arpa");
  CHECK(Question::reverse(v4, Type::a, "list.example")->name == "1.2.0.192.list.example");
  const std::string nibbles = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.";
  CHECK(Question::reverse(v6, Type::ptr)->name == nibbles + "ip6.arpa");
  CHECK(Question::reverse(v6, Type::a, "list.example")->name == nibbles + "list.example");
  CHECK_FALSE(Question::reverse(v6, Type::a, std::string(200, 'x')));
}

TEST_CASE("types and what answers say have names, that read back") {
  for (const Type type : {Type::a, Type::ns, Type::cname, Type::ptr, Type::mx, Type::txt, Type::aaaa})
    CHECK(parse_type(name_of(type)) == type);
  CHECK(parse_type("mX") == Type::mx);
  CHECK_FALSE(parse_type("ANY"));
  CHECK_FALSE(parse_type(""));
  CHECK(name_of(static_cast<Type>(99)) == "?");
  for (std::size_t i = 0; i < kStatuses; ++i) {
    const auto status = static_cast<Status>(i);
    CHECK(is_known(status) ==
          (name_of(status) == "found" || name_of(status) == "no_data" || name_of(status) == "no_name"));
  }
  CHECK(name_of(Source::stale) == "stale");
}

TEST_CASE("records: as text, safe to show") {
  CHECK(Record{*IpAddress::parse("2001:DB8::1"), 0, {}}.to_string(Type::aaaa) == "2001:db8::1");
  CHECK(Record{{}, 10, "mail.example"}.to_string(Type::mx) == "10 mail.example");
  CHECK(Record{{}, 0, ""}.to_string(Type::mx) == "0 .");
  CHECK(Record{{}, 0, ""}.to_string(Type::ptr) == ".");
  CHECK(Record{{}, 0, "v=spf1 \"-all\\\x1b\xff"}.to_string(Type::txt) == R"("v=spf1 \"-all\\\027\255")");
}
