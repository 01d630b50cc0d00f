/// knowledge_test.cc: what a session can know, and what it cannot hold.
#include "filter/knowledge.h"

#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;
using dns::Type;

TEST_CASE("a question is given away once, and an answer is there from then on") {
  Knowledge knowledge;
  const auto question = *dns::Question::make("a.example", Type::a);
  CHECK_FALSE(knowledge.find(question).second);
  CHECK_FALSE(knowledge.find(question).second);
  CHECK(knowledge.take_questions().size() == 1);
  CHECK(knowledge.take_questions().empty());
  const Knowledge::Lookup& lookup = knowledge.find(question);
  knowledge.know(question, address("192.0.2.1"));
  CHECK(&knowledge.find(question) == &lookup);
  CHECK(lookup.second->records.size() == 1);
  knowledge.forget();
  CHECK(knowledge.find(question).second);
  knowledge.know(*dns::Question::make("nobody.asked", Type::a), address("192.0.2.1"));
  CHECK_FALSE(knowledge.find(*dns::Question::make("nobody.asked", Type::a)).second);
}

TEST_CASE("an answer that says nothing is asked for again in the next phase") {
  Knowledge knowledge;
  const auto question = *dns::Question::make("a.example", Type::a);
  for (const auto status : {dns::Status::failed, dns::Status::timed_out, dns::Status::refused}) {
    knowledge.find(question);
    CHECK(knowledge.take_questions().size() == 1);
    knowledge.know(question, no_answer(status));
    CHECK(knowledge.find(question).second->status == status);
    knowledge.forget();
  }
  Budget budget(1 << 20);
  knowledge.hold_of(BudgetShare(budget), {});
  for (int i = 0; i < 100; ++i) {
    knowledge.find(question);
    knowledge.know(question, no_answer(dns::Status::failed));
    knowledge.forget();
  }
  CHECK(budget.used() == 0);
  knowledge.take_questions();
  knowledge.find(question);
  knowledge.forget();  // on its way still
  knowledge.find(question);
  CHECK(knowledge.take_questions().size() == 1);
}

TEST_CASE("an errand is given away once, and forgotten with its phase; an answer that is late finds nothing") {
  Knowledge knowledge;
  const auto one = store::Operation::get("test", "one"), other = store::Operation::get("test", "other");
  const std::size_t number = knowledge.find(one).number;
  CHECK(knowledge.find(one).number == number);
  CHECK(knowledge.find(other).number != number);
  CHECK(knowledge.take_errands().size() == 2);
  CHECK(knowledge.take_errands().empty());
  knowledge.know(number, store::Answer{.found = true});
  CHECK(knowledge.find(one).answer);
  knowledge.forget();
  CHECK_FALSE(knowledge.find(one).answer);
  knowledge.know(number, store::Answer{});
  CHECK_FALSE(knowledge.find(one).answer);
  CHECK(knowledge.take_errands().size() == 1);
}

TEST_CASE("answers beyond what a session may have by number are refused until it begins anew") {
  Knowledge knowledge;
  for (std::size_t i = 0; i < Knowledge::kMostAnswers; ++i) {
    const auto question = *dns::Question::make("k" + std::to_string(i), Type::a);
    CHECK_FALSE(knowledge.find(question).second);
    knowledge.know(question, address("192.0.2.1"));
  }
  CHECK(knowledge.find(*dns::Question::make("one.more", Type::a)).second->status == dns::Status::refused);
  knowledge.forget();
  CHECK_FALSE(knowledge.find(*dns::Question::make("one.more", Type::a)).second);
}

TEST_CASE("answers beyond what a session, or all of them, may have by bytes count as refused") {
  Budget budget(Knowledge::kMostBytes + 1000), source(Knowledge::kMostBytes), small(100'000);
  Knowledge knowledge, other, third;
  knowledge.hold_of(BudgetShare(budget), BudgetShare(source));
  other.hold_of(BudgetShare(budget), {});
  third.hold_of({}, BudgetShare(small));
  const auto large = [](Knowledge& of, int i) {
    const auto question = *dns::Question::make("k" + std::to_string(i), Type::txt);
    of.find(question);
    of.know(question, text(std::string(60'000, 'x')));
    return of.find(question).second->status;
  };
  int fits = 0;
  while (fits < 100 && large(knowledge, fits) == dns::Status::found) ++fits;
  CHECK(fits == 8);
  CHECK(budget.used() <= Knowledge::kMostBytes);
  CHECK(large(other, 0) == dns::Status::refused);
  knowledge.forget();
  CHECK(budget.used() == 0);
  CHECK(large(other, 1) == dns::Status::found);
  CHECK(large(third, 0) == dns::Status::found);
  CHECK(large(third, 1) == dns::Status::refused);  // a source has less than all
  CHECK(small.used() < 100'000);
}

TEST_CASE("a question to a service is one call, held of the budget with its answer, and forgotten with its phase") {
  Budget budget(100 * 1024);
  Knowledge knowledge;
  knowledge.hold_of(BudgetShare(budget), {});
  const auto ask = [&](std::string body) -> const Knowledge::Call& {
    const service::HttpRequest request{*service::HttpUrl::parse("http://127.0.0.1/"), {}, std::move(body)};
    return knowledge.find(std::make_shared<const service::Request>(request), Millis(1));
  };
  const Knowledge::Call& call = ask("x");
  CHECK(&ask("x") == &call);
  CHECK(&ask("y") != &call);
  CHECK(knowledge.take_calls().size() == 2);
  CHECK(knowledge.take_calls().empty());
  knowledge.know_call(call.number, service::HttpAnswer{200, std::string(30 * 1024, 'x')});
  CHECK(call.answer->has_value());
  CHECK(budget.used() > 30 * 1024);
  CHECK(ask(std::string(90 * 1024, 'x')).answer->error().code == Code::over_limit);
  CHECK(knowledge.take_calls().empty());
  knowledge.know_call(ask("y").number, service::HttpAnswer{200, std::string(90 * 1024, 'x')});
  CHECK(ask("y").answer->error().code == Code::over_limit);
  const std::size_t number = call.number;
  knowledge.forget_calls();
  CHECK(budget.used() == 0);
  CHECK_FALSE(ask("x").answer);
  knowledge.forget();
  CHECK(budget.used() == 0);
  CHECK_FALSE(ask("x").answer);
  knowledge.know_call(number, service::HttpAnswer{});
  CHECK_FALSE(ask("x").answer);
}
