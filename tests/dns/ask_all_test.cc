/// ask_all_test.cc: questions for those who may wait.
#include "dns/ask_all.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "dns/kit.h"

using namespace maildrop;
using namespace maildrop::dns;
using namespace maildrop::dns::test;
using namespace std::chrono_literals;

TEST_CASE("ask all: each question has its answer, be it known at once, soon, or not in time") {
  const Server server([](const Asked& asked) -> std::optional<Bytes> {
    if (asked.name == "silent.example") return std::nullopt;
    return dns::test::reply(asked, {mx(10, "mail." + asked.name)});
  });
  DnsSettings settings;
  settings.servers = {server.endpoint()};
  settings.timeout = 20s;
  settings.lookups = 10;
  std::vector<Question> questions;
  for (int i = 0; i < 15; ++i) questions.push_back(*Question::make("n" + std::to_string(i) + ".example", Type::mx));
  questions[5] = *Question::make("localhost", Type::mx);
  auto answers = ask_all(settings, questions);
  REQUIRE(answers.size() == 15);
  for (std::size_t i = 0; i < 15; ++i) {
    REQUIRE(answers[i].status == (i == 5 ? Status::no_data : Status::found));
    if (i != 5) CHECK(answers[i].records[0].text == "mail.n" + std::to_string(i) + ".example");
  }
  settings.timeout = 200ms;
  const Question silent = *Question::make("silent.example", Type::mx);
  answers = ask_all(settings, {&silent, 1});
  CHECK(answers.at(0).status == Status::timed_out);
  CHECK(ask_all(settings, {}).empty());
}

TEST_CASE("ask all: without servers that are set, the resolver finds its own") {
  DnsSettings settings;
  settings.timeout = 100ms;
  const Question question = *Question::make("localhost", Type::a);
  const auto answers = ask_all(settings, std::span(&question, 1));
  CHECK(answers.at(0).records.at(0).address.is_loopback());
}

TEST_CASE("ask all: an asker remembers what it heard") {
  std::atomic<int> asked{0};
  const Server server([&asked](const Asked& question) -> std::optional<Bytes> {
    ++asked;
    return dns::test::reply(question, {mx(10, "mail.example")});
  });
  DnsSettings settings;
  settings.servers = {server.endpoint()};
  settings.timeout = 20s;
  Asker asker(settings);
  const Question question = *Question::make("a.example", Type::mx);
  for (int i = 0; i < 3; ++i) {
    const std::vector<Answer> answers = asker.ask({&question, 1});
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].records.size() == 1);
  }
  CHECK(asked == 1);
  CHECK(asker.ask({}).empty());
}
