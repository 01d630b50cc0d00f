/// dnsbl_list_test.cc: how lists are named, what they are asked, and what their answers mean.
#include "filter/dnsbl_list.h"

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using maildrop::filter::test::address;
using maildrop::filter::test::no_answer;

namespace {

const dns::Answer kListed = address("127.0.0.2");
const dns::Answer kNot = no_answer(dns::Status::no_name);

DnsblList list_of(const std::vector<std::string>& elements) {
  const auto lists = DnsblList::parse(elements);
  REQUIRE(lists);
  REQUIRE(lists->size() == 1);
  return lists->front();
}

double score(const std::vector<std::string>& elements, std::string_view code) {
  return list_of(elements).said_by(address(code), kListed, kNot).score;
}

std::string error(const std::string& element) {
  const auto lists = DnsblList::parse({element});
  return lists ? "" : lists.error().what;
}

}  // namespace

TEST_CASE("an element has a zone, codes and a score") {
  CHECK(list_of({"Zen.Example."}).zone() == "zen.example");
  CHECK(score({"a.example"}, "127.0.0.2") == 3);
  CHECK(score({"a.example=0.5"}, "127.9.9.9") == 0.5);
  CHECK(score({"a.example=-2"}, "127.0.0.2") == -2);
  CHECK(score({"a.example/127.0.0.2"}, "127.0.0.2") == 3);
  CHECK(score({"a.example/127.0.0.2"}, "127.0.0.3") == 0);
  CHECK(score({"a.example/127.0.0.2-4=1"}, "127.0.0.4") == 1);
  CHECK(score({"a.example/127.0.0.2-4=1"}, "127.0.0.5") == 0);
  CHECK(score({"a.example/127.0.0.2-4=1"}, "127.0.0.1") == 0);
  CHECK(score({"a.example/127.0.*.3=1"}, "127.0.200.3") == 1);
  CHECK(score({"a.example/127.0.*.3=1"}, "127.1.200.3") == 0);
  CHECK(score({"a.example/127.0.0.2=1", "a.example=2", "A.example./127.0.0.3=4"}, "127.0.0.2") == 3);
}

TEST_CASE("codes may be bits") {
  CHECK(score({"a.example/127.0.0.&8=1"}, "127.0.0.8") == 1);
  CHECK(score({"a.example/127.0.0.&8=1"}, "127.0.0.88") == 1);
  CHECK(score({"a.example/127.0.0.&8=1"}, "127.0.0.80") == 0);
  CHECK(score({"a.example/127.0.0.&24=1"}, "127.0.0.16") == 1);
  CHECK(score({"a.example/127.0.&1.*=1"}, "127.0.3.9") == 1);
  CHECK(score({"a.example/127.0.0.&8=1", "a.example/127.0.0.&16=2", "a.example/127.0.0.&64=4"}, "127.0.0.80") == 6);
  for (const char* bits : {"&", "&0", "&256", "&x", "&8-9", "8&", "&&8", "& 8"})
    CHECK(error("a.example/127.0.0." + std::string(bits)).find("cannot be read") != std::string::npos);
}

TEST_CASE("zones keep their order") {
  const auto lists = DnsblList::parse({"b.example", "a.example", "b.example/127.0.0.2=1"});
  REQUIRE(lists);
  REQUIRE(lists->size() == 2);
  CHECK(lists->front().zone() == "b.example");
  CHECK(lists->back().zone() == "a.example");
}

TEST_CASE("what is no element is refused") {
  for (const char* text : {"",
                           ".",
                           "=3",
                           "/127.0.0.2",
                           "a..b",
                           "a b.example",
                           "a.example=",
                           "a.example=x",
                           "a.example=3x",
                           "a.example=101",
                           "a.example=nan",
                           "a.example=inf",
                           "a.example=1=2",
                           "a.example/",
                           "a.example/=1",
                           "a.example/2",
                           "a.example/127.0.0",
                           "a.example/127.0.0.0.2",
                           "a.example/127.0.0.256",
                           "a.example/127.0.0.4-2",
                           "a.example/127.0.0.2-",
                           "a.example/127.0.0.-2",
                           "a.example/128.0.0.2",
                           "a.example/*.0.0.2",
                           "a.example/127.0.0.2/127.0.0.3",
                           "a.example/127.0.0.**"}) {
    INFO(text);
    CHECK_FALSE(error(text).empty());
  }
  CHECK(error("a.example=x") == "'a.example=x' cannot be read: 'x' is no score from -100 to 100");
  const std::string label(60, 'a');
  CHECK(error(label + "." + label + "." + label.substr(2)).empty());
  CHECK_FALSE(error(label + "." + label + "." + label).empty());
}

TEST_CASE("lists have bounds") {
  std::vector<std::string> elements;
  for (std::size_t i = 0; i < DnsblList::kMostLists; ++i) elements.push_back("l" + std::to_string(i) + ".example");
  CHECK(DnsblList::parse(elements));
  elements.emplace_back("more.example");
  CHECK_FALSE(DnsblList::parse(elements));
  CHECK(DnsblList::parse(std::vector<std::string>(DnsblList::kMostElements, "a.example")));
  CHECK_FALSE(DnsblList::parse(std::vector<std::string>(DnsblList::kMostElements + 1, "a.example")));
}

TEST_CASE("a key is not shown") {
  CHECK(list_of({"abcdefghijklmnopqrstuvwxyz.zen.dq.example"}).shown() == "zen.dq.example");
  CHECK(list_of({"b.barracudacentral.example"}).shown() == "b.barracudacentral.example");
  CHECK(list_of({"abcdefghijklmnopqrstu"}).shown().empty());
}

TEST_CASE("clients and the test of the list are asked about") {
  const DnsblList list = list_of({"a.example"});
  const auto v4 = list.questions_for(*IpAddress::parse("192.0.2.1"));
  CHECK(v4.client.name == "1.2.0.192.a.example");
  CHECK(v4.listed.name == "2.0.0.127.a.example");
  CHECK(v4.unlisted.name == "1.0.0.127.a.example");
  const auto v6 = list.questions_for(*IpAddress::parse("2001:db8::7f00:2"));
  // RFC 5782 5: ::ffff:7f00:2, which shares its last 32 bits with this client.
  CHECK(v6.client.name == "2.0.0.0.0.0.f.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.a.example");
  CHECK(v6.listed.name == "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.example");
  CHECK(v6.unlisted.name == "1" + v6.listed.name.substr(1));
  CHECK(dns::Question::make(v6.listed.name, dns::Type::a));
}

TEST_CASE("answers are believed when the list works") {
  using State = DnsblList::State;
  const DnsblList list = list_of({"a.example"});
  const dns::Answer none = no_answer(dns::Status::no_data);
  struct Row {
    dns::Answer client, listed, unlisted;
    State state;
    bool has_it;
  };
  for (const Row& row :
       {Row{kListed, kListed, kNot, State::works, true}, Row{kNot, kListed, none, State::works, false},
        Row{address("10.0.0.1"), kListed, kNot, State::works, false},
        Row{address("::7f00:2"), kListed, kNot, State::works, false},
        Row{address("127.0.0.1"), kListed, kNot, State::works, false},
        Row{kListed, kNot, kNot, State::fails_test, false}, Row{kListed, kListed, kListed, State::fails_test, false},
        Row{kListed, kListed, address("10.0.0.1"), State::fails_test, false},
        Row{kListed, address("10.0.0.1"), kNot, State::fails_test, false},
        Row{address("127.255.255.0"), kListed, kNot, State::refuses, false},
        Row{address("127.255.255.255"), kNot, kNot, State::refuses, false},
        Row{kNot, address("127.255.255.252"), kNot, State::refuses, false},
        Row{address("127.0.0.255"), kListed, kNot, State::refuses, false},
        Row{address("127.255.254.255"), kListed, kNot, State::works, true},
        Row{no_answer(dns::Status::timed_out), kListed, kNot, State::silent, false},
        Row{kListed, no_answer(dns::Status::failed), kNot, State::silent, false},
        Row{kListed, kListed, no_answer(dns::Status::refused), State::silent, false}}) {
    INFO((row.client.records.empty() ? "-" : row.client.records.front().address.to_string()));
    const auto said = list.said_by(row.client, row.listed, row.unlisted);
    CHECK(said.state == row.state);
    CHECK(said.codes.size() == (row.has_it ? 1 : 0));
    CHECK(said.score == (row.has_it ? 3 : 0));
  }
}

// --- lists of names ---

namespace {

DnsblList names_of(const std::vector<std::string>& elements) {
  const auto lists = DnsblList::parse(elements, DnsblList::Of::names);
  REQUIRE(lists);
  return lists->front();
}

}  // namespace

TEST_CASE("lists of names are asked about names, and addresses in their place") {
  const DnsblList list = names_of({"uri.example"});
  CHECK(list.question_for("evil.test")->name == "evil.test.uri.example");
  CHECK(list.question_for(*IpAddress::parse("192.0.2.1")).name == "1.2.0.192.uri.example");
  CHECK(list.question_for(*IpAddress::parse("2001:db8::1")).name.ends_with(".8.b.d.0.1.0.0.2.uri.example"));
  CHECK_FALSE(list.question_for(std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                                std::string(60, 'd')));
  const DnsblList::SelfTest test = list.self_test();
  CHECK(test.listed.name == "test.uri.example");
  CHECK(test.listed_too.name == "2.0.0.127.uri.example");
  CHECK(test.unlisted.name == "invalid.uri.example");
}

TEST_CASE("a list of names works when it has one of its two entries for tests, and not what nobody has") {
  using State = DnsblList::State;
  const DnsblList list = names_of({"uri.example"});
  const dns::Answer silent = no_answer(dns::Status::timed_out);
  CHECK(list.state_by(kListed, kNot, kNot) == State::works);
  CHECK(list.state_by(kNot, kListed, kNot) == State::works);
  CHECK(list.state_by(silent, kListed, kNot) == State::works);
  CHECK(list.state_by(kNot, kNot, kNot) == State::fails_test);
  CHECK(list.state_by(kListed, kListed, kListed) == State::fails_test);
  CHECK(list.state_by(kListed, kNot, address("192.0.2.1")) == State::fails_test);
  CHECK(list.state_by(address("192.0.2.1"), kNot, kNot) == State::fails_test);
  CHECK(list.state_by(kNot, address("127.0.1.255"), kNot) == State::fails_test);
  CHECK(list.state_by(kListed, address("127.0.1.255"), kNot) == State::works);
  CHECK(list.state_by(silent, kNot, kNot) == State::silent);
  CHECK(list.state_by(kListed, kListed, silent) == State::silent);
  for (const char* refusal : {"127.0.0.1", "127.255.255.254"}) {
    CHECK(list.state_by(address(refusal), kListed, kNot) == State::refuses);
    CHECK(list.state_by(kListed, address(refusal), kNot) == State::refuses);
    CHECK(list.state_by(kListed, kListed, address(refusal)) == State::refuses);
    CHECK(list.said_by(address(refusal)).state == State::refuses);
  }
}

TEST_CASE("what lists of names say") {
  CHECK(names_of({"uri.example"}).said_by(address("127.0.1.4")).score == 2);
  CHECK(names_of({"uri.example=1"}).said_by(address("127.0.1.4")).score == 1);
  CHECK(names_of({"uri.example/127.0.0.&64"}).said_by(address("127.0.0.80")).shown_codes() == " 127.0.0.80");
  CHECK(names_of({"uri.example"}).said_by(address("127.0.1.255")).codes.empty());  // domains alone, says the DBL
  CHECK(names_of({"uri.example"}).said_by(address("192.0.2.1")).codes.empty());
  CHECK(names_of({"uri.example"}).said_by(kNot).codes.empty());
  CHECK(names_of({"uri.example"}).said_by(no_answer(dns::Status::failed)).state == DnsblList::State::silent);
}
