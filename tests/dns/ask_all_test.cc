/// ask_all_test.cc: questions for those who may wait.
#include "dns/ask_all.h"

#include <catch2/catch.hpp>

#include "dns/kit.h"

using namespace maildrop;
using namespace maildrop::dns;
using namespace maildrop::dns::test;
using namespace std::chrono_literals;

TEST_CASE("ask all: each question has its answer, be it known at once, soon, or not in time") {
  const Server server([](const Asked& asked) -> std::optional<Bytes> {
    if (asked.name == "silent.example") return std::nullopt;
    return test::reply(asked, {mx(10, "mail." + asked.name)});
  });
  DnsSettings settings;
  settings.servers = {server.endpoint()};
  settings.timeout = 200ms;
  std::vector<Question> questions;
  for (const char* name : {"silent.example", "one.example", "localhost", "two.example"})
    questions.push_back(*Question::make(name, Type::mx));
  const auto answers = ask_all(settings, questions);
  REQUIRE(answers);
  REQUIRE(answers->size() == 4);
  CHECK((*answers)[0].status == Status::timed_out);
  CHECK((*answers)[1].records.at(0).text == "mail.one.example");
  CHECK((*answers)[2].status == Status::no_data);
  CHECK((*answers)[3].records.at(0).text == "mail.two.example");
  CHECK(ask_all(settings, {})->empty());
}

TEST_CASE("ask all: without servers that are set, the resolver finds its own") {
  DnsSettings settings;
  settings.timeout = 100ms;
  const Question question = *Question::make("localhost", Type::a);
  const auto answers = ask_all(settings, std::span(&question, 1));
  REQUIRE(answers);
  CHECK(answers->at(0).records.at(0).address.is_loopback());
}
