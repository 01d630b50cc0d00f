/// connection_judge.cc: a connection asks for a verdict, and does without where none comes.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/log.h"
#include "filter/authentication_results.h"
#include "filter/heard_once.h"
#include "smtp/connection.h"

namespace maildrop::smtp {

namespace asio = boost::asio;
using Executor = Connection::Executor;
using filter::Verdict;

namespace {

/// What a connection waits by. It is gone when nobody waits any more: an answer that is late finds nobody.
struct Question {
  explicit Question(LoopTimer& a) : alarm(a) {}
  LoopTimer& alarm;
  bool over = false;  // with a verdict, or there will be none
  std::optional<Verdict> verdict{};
};

filter::Trial::Done done_of(const std::shared_ptr<Question>& question) {
  return filter::done_of([weak = std::weak_ptr(question)](std::optional<Verdict> verdict) {
    const std::shared_ptr<Question> waiting = weak.lock();
    if (!waiting) return;
    waiting->verdict = std::move(verdict);
    waiting->over = true;
    waiting->alarm.cancel();
  });
}

}  // namespace

/// What filters throw costs this answer, and not the session.
Result<void> Connection::put_question(filter::Trial::Done done) try {
  if (!trial_) trial_ = loop_.judge->begin(loop_.index, session_.policy().terms);
  trial_->judge(session_.phase(), session_.transaction(), std::move(done));
  return {};
} catch (const std::exception& thrown) {
  return fail(Code::internal, std::string("a filter threw: ") + thrown.what());
} catch (...) {
  return fail(Code::internal, "a filter threw");
}

asio::awaitable<void, Executor> Connection::ask_judge() {
  LoopTimer alarm(loop_.context.get_executor(), loop_.verdict_time);
  const auto question = std::make_shared<Question>(alarm);
  const Result<void> put = put_question(done_of(question));
  if (put && !question->over) co_await flush();
  if (gone_) co_return;
  if (put && !question->over) co_await wait_by(alarm, Waiting::verdict);
  if (trial_ && !question->over) trial_->give_up();
  if (expired_) {
    session_.end(*expired_);
  } else if (put && question->verdict) {
    const Verdict verdict = *std::move(question->verdict);
    if (verdict.action == filter::Action::delay) {
      co_await flush();
      if (gone_) co_return;
      co_await keep_waiting(std::min<Millis>(verdict.delay, filter::kLongestDelay));
    }
    note_hosts();
    session_.answer(verdict);  // of no effect where keep_waiting() has ended the session
  } else if (!put) {
    do_without(put.error().what);
  } else if (question->over) {
    do_without("a filter gave no verdict");
  } else {
    do_without(loop_.draining ? "shutting down" : "no verdict in time");
  }
  count_refusals();
}

/// What was said before is not to wait with the verdict: who pipelines hears of each command in its time.
asio::awaitable<void, Executor> Connection::flush() {
  if (has_output() && !refusal_due_ && !write_at_once()) co_await write_rest();
}

std::string Connection::results_of(const mail::Transaction& transaction) const {
  if (!trial_ || !session_.policy().config.filter.authentication_results) return {};
  return filter::authentication_results(session_.policy().hostname, transaction,
                                        [this](std::string_view fact) { return trial_->told(fact); });
}

void Connection::do_without(const std::string& why) {
  log::warning("filter", {log::Field::varying("session", session_.id()),
                          log::Field::varying("peer", session_.transaction().peer.to_string()),
                          {"phase", filter::kPhaseNames[static_cast<std::size_t>(session_.phase())]},
                          {"error", why}});
  session_.unjudged(why);
}

}  // namespace maildrop::smtp
