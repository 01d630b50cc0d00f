/// knowledge.h: the facts of one session: what was asked about the world, and what it answered.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/budget.h"
#include "core/result.h"
#include "dns/answer.h"
#include "service/request.h"
#include "store/ledger.h"

namespace maildrop::filter {

class Knowledge {
 public:
  /// What its answers are held of, from now on: of all sessions, and of those of one source.
  void hold_of(BudgetShare all, BudgetShare source) {
    memory_ = std::move(all);
    of_source_ = std::move(source);
  }

  /// Answers of the DNS that are kept of a session. Beyond it further questions are refused, until forget().
  static constexpr std::size_t kMostAnswers = 600;
  /// And bytes of them. An answer that does not fit, here or in the budget, counts as refused.
  static constexpr std::uint64_t kMostBytes = 512 * 1024;

  /// A question, and its answer if that is known. It stays in its place until forget().
  using Lookup = std::pair<const dns::Question, std::optional<dns::Answer>>;
  const Lookup& find(const dns::Question& question);

  struct Errand {
    std::size_t number;
    store::Operation operation;
    std::optional<Result<store::Answer>> answer{};
  };
  /// Stays in its place until forget(). The same operation is the same errand.
  const Errand& find(const store::Operation& operation);

  /// A question to a service. Beyond kMostCallBytes of questions and answers, and what is to be had of the budget, it
  /// has failed.
  struct Call {
    std::size_t number;
    std::shared_ptr<const service::Request> request;
    Millis timeout;
    std::optional<Result<service::Answer>> answer{};
  };
  static constexpr std::uint64_t kMostCallBytes = 1u << 20;  // a thousand recipients, and a header of escapes
  /// As an errand: stays in its place, and the same request is the same call, whatever its timeout.
  const Call& find(std::shared_ptr<const service::Request> request, Millis timeout);

  // --- for who asks the world ---

  /// What was found for the first time since the last call.
  std::vector<dns::Question> take_questions();
  std::vector<const Errand*> take_errands();
  std::vector<const Call*> take_calls();

  void know(const dns::Question& question, dns::Answer answer);
  void know(std::size_t number, Result<store::Answer> answer);  // of no effect when it was forgotten
  void know_call(std::size_t number, Result<service::Answer> answer);

  /// The calls, and what they hold.
  void forget_calls();
  /// Another phase, or recipient: the errands and calls, and answers that say nothing. The others stay, unless they are
  /// half of what may be kept, by their number or their bytes.
  void forget();

 private:
  bool hold_call(std::uint64_t bytes);
  bool hold(std::uint64_t dns, std::uint64_t calls);

  BudgetShare memory_, of_source_;
  std::uint64_t dns_bytes_ = 0;   // of answers
  std::uint64_t call_bytes_ = 0;  // of questions and answers
  std::map<dns::Question, std::optional<dns::Answer>> dns_;
  std::vector<dns::Question> questions_;
  std::deque<Errand> errands_;
  std::size_t next_ = 0;   // number
  std::size_t taken_ = 0;  // how many of errands_ were given away to be carried out
  std::deque<Call> calls_;
  std::size_t next_call_ = 0;
  std::size_t taken_calls_ = 0;
};

}  // namespace maildrop::filter
