/// answers_test.cc: coroutines that wait for the store go on with their answer, on their loop, when it is woken.
#include "smtp/answers.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace maildrop;
using namespace maildrop::smtp;
namespace asio = boost::asio;

namespace {

using Token = asio::use_awaitable_t<Answers::Executor>;

/// A loop with coroutines that wait, each with its number.
struct Loop {
  asio::io_context context{1};
  std::shared_ptr<Answers> answers = std::make_shared<Answers>(context);
  std::vector<store::Committer::Done> asked;
  std::vector<std::string> heard;  // in this order

  asio::awaitable<void, Answers::Executor> wait(int number) {
    struct Ask {
      Loop* loop;
      void operator()(Answers::Resume resume) const {
        loop->asked.push_back(loop->answers->done_of(std::move(resume)));
      }
    };
    const Ask ask{this};
    Token token;
    const Answers::Answer answer = co_await asio::async_initiate<Token, void(Answers::Answer)>(ask, token);
    heard.push_back(std::to_string(number) + " " + (answer ? answer->text() : answer.error().what));
  }

  void begin(int count) {
    for (int i = 0; i < count; ++i) asio::co_spawn(context, wait(i), [](std::exception_ptr) {});
    while (asked.size() < static_cast<std::size_t>(count)) context.run_one();
  }
};

}  // namespace

TEST_CASE("answers: nobody goes on before the loop is woken, and then all do, in order") {
  Loop loop;
  loop.begin(3);
  const store::MessageId id = store::MessageId::make(from_millis(0));
  std::thread([&] {
    loop.asked[1](id);
    loop.asked[0](fail(Code::unavailable, "no disk"));
  }).join();
  CHECK(loop.context.poll() == 0);
  loop.answers->wake();
  loop.answers->wake();  // is woken already
  CHECK(loop.context.poll() > 0);
  CHECK(loop.heard == std::vector<std::string>{"1 " + id.text(), "0 no disk"});
  loop.answers->wake();  // for nothing
  CHECK(loop.context.poll() == 0);
  CHECK_FALSE(loop.context.stopped());  // one still waits
  loop.asked[2](id);
  loop.answers->resume_all();  // without having been woken
  CHECK(loop.heard.back() == "2 " + id.text());
  loop.context.run();  // has no more work
}

TEST_CASE("answers: many threads at once lose none") {
  constexpr int kThreads = 4, kEach = 50;
  Loop loop;
  loop.begin(kThreads * kEach);
  const store::MessageId id = store::MessageId::make(from_millis(0));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kThreads * kEach; i += kThreads) {
        loop.asked[static_cast<std::size_t>(i)](id);
        loop.answers->wake();
      }
    });
  }
  loop.context.run();  // until all have gone on
  for (std::thread& thread : threads) thread.join();
  CHECK(loop.heard.size() == kThreads * kEach);
}

TEST_CASE("answers: one that throws costs the others nothing") {
  Loop loop;
  const auto fails = [](std::exception_ptr) { throw std::runtime_error("on purpose"); };
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop.context, loop.wait(i), fails);
  while (loop.asked.size() < 3) loop.context.run_one();
  const store::MessageId id = store::MessageId::make(from_millis(0));
  for (store::Committer::Done& done : loop.asked) done(id);
  loop.asked.clear();
  loop.answers->wake();
  for (int tries = 0; tries < 20 && !loop.context.stopped(); ++tries) {
    try {
      loop.context.poll();
      loop.answers->resume_all();      // as the sweep does
    } catch (const std::exception&) {  // Asio keeps them until the turn is over
    }
  }
  CHECK(loop.heard.size() == 3);
}

TEST_CASE("answers: what is never woken ends with them") {
  Loop loop;
  loop.begin(2);
  const store::MessageId id = store::MessageId::make(from_millis(0));
  for (store::Committer::Done& done : loop.asked) done(id);
  loop.asked.clear();
  loop.answers.reset();
  CHECK(loop.heard.empty());
}
