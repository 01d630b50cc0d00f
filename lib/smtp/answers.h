/// answers.h: what the store has answered the connections of one loop. The committer's threads answer a batch at a
/// time; it is handed over at once, so that the loop is woken for the batch and not for each message of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>

#include "core/result.h"
#include "store/committer.h"

namespace maildrop::smtp {

/// Of one loop, which outlives it. Thread-safe, but for resume_all().
class Answers final : public store::Waker, public std::enable_shared_from_this<Answers> {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Answer = Result<store::MessageId>;
  /// A coroutine that waits for its answer.
  using Resume = boost::asio::async_result<boost::asio::use_awaitable_t<Executor>, void(Answer)>::handler_type;

  explicit Answers(boost::asio::io_context& context) : context_(context) {}
  ~Answers() override;
  Answers(const Answers&) = delete;

  /// What leaves the answer here. The loop does not run out of work before the coroutine has gone on, which is after
  /// the next wake(). Throws where there is no memory.
  store::Committer::Done done_of(Resume resume);
  /// Never blocks; without memory the next one does it, or who calls resume_all().
  void wake() noexcept override;
  /// The coroutines that have their answer go on. On the loop's thread.
  void resume_all();

 private:
  struct Waiting;
  void put(std::shared_ptr<Waiting> answered);

  boost::asio::io_context& context_;
  std::mutex mutex_;
  std::shared_ptr<Waiting> first_;  // of those answered; each holds the next
  Waiting* last_ = nullptr;
  bool posted_ = false;  // resume_all() will be called
};

}  // namespace maildrop::smtp
