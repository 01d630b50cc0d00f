/// answers.cc: a list that takes no memory when an answer comes: none is lost for want of it.
#include "smtp/answers.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

namespace maildrop::smtp {

namespace asio = boost::asio;

struct Answers::Waiting {
  Waiting(Resume r, asio::io_context& context) : resume(std::move(r)), work(context.get_executor()) {}

  Resume resume;
  asio::executor_work_guard<Executor> work;
  std::optional<Answer> answer{};
  std::shared_ptr<Waiting> next{};
};

Answers::~Answers() {
  while (first_) first_ = std::exchange(first_->next, nullptr);  // or each would end the next, ever deeper
}

store::Committer::Done Answers::done_of(Resume resume) {
  // std::function wants copies.
  auto waiting = std::make_shared<Waiting>(std::move(resume), context_);
  return [self = shared_from_this(), waiting = std::move(waiting)](Answer answer) mutable {
    waiting->answer = std::move(answer);
    self->put(std::move(waiting));
  };
}

void Answers::put(std::shared_ptr<Waiting> answered) {
  const std::lock_guard lock(mutex_);
  Waiting* last = answered.get();
  (first_ ? last_->next : first_) = std::move(answered);
  last_ = last;
}

void Answers::wake() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!first_ || std::exchange(posted_, true)) return;
  }
  try {
    asio::post(context_, [self = shared_from_this()] { self->resume_all(); });
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    posted_ = false;
  }
}

void Answers::resume_all() {
  std::shared_ptr<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    waiting = std::move(first_);
  }
  while (waiting) {
    // What a coroutine throws Asio keeps until this turn is over.
    std::move(waiting->resume)(*std::move(waiting->answer));
    waiting = std::exchange(waiting->next, nullptr);
  }
}

}  // namespace maildrop::smtp
