/// dns_answers_test.cc: what is shown of answers, and read again from a server.
#include "dns_answers.h"

#include <catch2/catch.hpp>

namespace maildrop::cmd {
namespace {

using namespace std::chrono_literals;

const dns::Question kMailA{"mail.example", dns::Type::a};

dns::Answer address(const char* text, dns::Source source, std::optional<std::chrono::seconds> age = std::nullopt) {
  dns::Answer answer;
  answer.status = dns::Status::found;
  answer.records = {{*IpAddress::parse(text)}};
  answer.ttl = 60s;
  answer.source = source;
  answer.age = age;
  return answer;
}

TEST_CASE("dns answers: a name or an address, and a type that need not be told") {
  CHECK(parse_question("Mail.Example.", "") == kMailA);
  CHECK(parse_question("192.0.2.1", "") == dns::Question{"1.2.0.192.in-addr.arpa", dns::Type::ptr});
  CHECK(parse_question("mail.example", "mX") == dns::Question{"mail.example", dns::Type::mx});
  CHECK(parse_question("mail.example", "any").error().code == Code::invalid);
  CHECK(parse_question("a..b", "a").error().code == Code::invalid);
}

TEST_CASE("dns answers: of loops that say the same the eldest, and what others say") {
  const std::vector<dns::Answer> answers = {address("192.0.2.2", dns::Source::servers, 0s),
                                            address("192.0.2.1", dns::Source::servers, 0s),
                                            address("192.0.2.1", dns::Source::cache, 35s),
                                            address("192.0.2.1", dns::Source::cache, 7s),
                                            {.status = dns::Status::timed_out},
                                            address("192.0.2.1", dns::Source::cache)};
  const auto said = shown_by_loops(kMailA, answers);
  REQUIRE(said.size() == 3);
  CHECK(said[0] == ShownAnswer{dns::Status::found, {"192.0.2.1"}, dns::Source::cache, 35s, 60s, 4});
  CHECK(said[1] == ShownAnswer{dns::Status::found, {"192.0.2.2"}, dns::Source::servers, 0s, 60s, 1});
  CHECK(said[2].status == dns::Status::timed_out);

  const std::vector<dns::Answer> stale = {address("192.0.2.1", dns::Source::cache, 1h),
                                          address("192.0.2.2", dns::Source::stale, 9s)};
  CHECK(shown_by_loops(kMailA, stale).front().source == dns::Source::stale);
}

TEST_CASE("dns answers: there as JSON, and back") {
  const std::vector<dns::Answer> answers = {address("192.0.2.1", dns::Source::cache, 35s),
                                            address("192.0.2.2", dns::Source::cache),
                                            {.status = dns::Status::failed}};
  const auto said = shown_by_loops(kMailA, answers);
  const Json json = json_of_loops(kMailA, said);
  CHECK(json.dump() ==
        R"({"schema":"maildrop.dns/1","name":"mail.example","type":"A","status":"found","records":["192.0.2.1"],)"
        R"("source":"cache","age":35,"ttl":60,"loops":1,"others":[)"
        R"({"status":"found","records":["192.0.2.2"],"source":"cache","ttl":60,"loops":1},)"
        R"({"status":"failed","records":[],"loops":1}]})");
  CHECK(parse_loops(Json::parse(json.dump())) == said);
  CHECK(json_of_answer({"", dns::Type::ns}, {dns::Status::no_data}).dump() ==
        R"({"schema":"maildrop.dns/1","name":".","type":"NS","status":"no_data","records":[],)"
        R"("source":"servers","ttl":0})");
}

TEST_CASE("dns answers: what a server says is not believed to be of the schema") {
  for (const char* text :
       {"7", "{}", R"({"status":"found","source":"cache"})", R"({"status":"good","records":[],"source":"cache"})",
        R"({"status":"found","records":[7],"source":"cache"})", R"({"status":"found","records":["x"]})",
        R"({"status":"failed","records":[],"source":"cache"})",
        R"({"status":"found","records":["x"],"source":"cache","others":[7]})"}) {
    INFO(text);
    const auto parsed = parse_loops(Json::parse(text));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Code::corrupt);
  }
  const auto odd = parse_loops(Json::parse(
      R"({"status":"found","records":["x"],"source":"cache","age":-5,"ttl":99999999999999999999,"loops":"y"})"));
  REQUIRE(odd);
  CHECK(odd->front() == ShownAnswer{dns::Status::found, {"x"}, dns::Source::cache, std::nullopt, 0s, 1});
}

}  // namespace
}  // namespace maildrop::cmd
