/// knowledge.h: the facts of one session: what was asked about the world, and what it answered.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/budget.h"
#include "core/result.h"
#include "dns/answer.h"
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

  // --- for who asks the world ---

  /// What was found for the first time since the last call.
  std::vector<dns::Question> take_questions();
  std::vector<const Errand*> take_errands();

  void know(const dns::Question& question, dns::Answer answer);
  void know(std::size_t number, Result<store::Answer> answer);  // of no effect when it was forgotten

  /// Another phase, or recipient: the errands, and answers that say nothing. The others stay, unless they are half of
  /// what may be kept, by their number or their bytes.
  void forget();

 private:
  bool hold(std::uint64_t bytes);

  BudgetShare memory_, of_source_;  // of what dns_ has
  std::map<dns::Question, std::optional<dns::Answer>> dns_;
  std::vector<dns::Question> questions_;
  std::deque<Errand> errands_;
  std::size_t next_ = 0;   // number
  std::size_t taken_ = 0;  // how many of errands_ were given away to be carried out
};

}  // namespace maildrop::filter
