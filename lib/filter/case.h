/// case.h: one session before the filters: what they found, what they still wait for, and what comes of it.
///
/// No socket and no timer. Whoever runs it begins a phase; then, until advance() says that all filters have come to
/// their end: asks the world what take_questions(), take_errands() and take_calls() name, tells it by know() and
/// know_call(), and advances again; and says expire() when time goes by. decide() is what comes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "filter/chain.h"
#include "filter/filter.h"
#include "filter/findings.h"
#include "filter/knowledge.h"
#include "filter/verdict.h"

namespace maildrop::filter {

class Case {
 public:
  /// How often a filter may wait in one phase; each time, all that it asked for is known before it is asked again.
  static constexpr unsigned kMostWaits = 60;

  /// `clock` measures what filters cost, and tells them the time; it outlives the case.
  Case(std::shared_ptr<const Chain> chain, const Clock& clock);

  /// As Knowledge::hold_of(); before the first phase.
  void hold_of(BudgetShare all, BudgetShare source) { knowledge_.hold_of(std::move(all), std::move(source)); }

  /// A new question. What it makes void is forgotten: HELO all that came of the HELO before, MAIL the transaction.
  /// `transaction` stays in its place until the phase is decided.
  void begin(Phase phase, const mail::Transaction& transaction);
  /// Has those judge who can; true: all have come to their end. What services were asked is forgotten then.
  bool advance();

  std::vector<dns::Question> take_questions() { return knowledge_.take_questions(); }
  std::vector<const Knowledge::Errand*> take_errands() { return knowledge_.take_errands(); }
  std::vector<const Knowledge::Call*> take_calls() { return knowledge_.take_calls(); }
  void know(const dns::Question& question, dns::Answer answer) { knowledge_.know(question, std::move(answer)); }
  void know(std::size_t errand, Result<store::Answer> answer) { knowledge_.know(errand, std::move(answer)); }

  void know_call(std::size_t call, Result<service::Answer> answer) { knowledge_.know_call(call, std::move(answer)); }

  /// How long after the begin of the phase the next of those who wait is to wait no more; nothing: none waits.
  std::optional<Millis> patience() const;
  /// That long has gone by: whose timeout is over goes on without what it does not know.
  void expire(Millis elapsed);
  /// Some wait for the DNS or the ledger; after hurry() they do no more.
  bool can_hurry() const;
  void hurry();

  /// What comes of the phase. REQUIRES: advance() said so.
  Verdict decide();
  /// What was found, in the phase and before. REQUIRES, for what there is of the phase: as decide().
  const Findings& findings() const { return findings_; }

  /// What filters want done of what is over (Facts::at_end), since the last call.
  std::vector<store::Operation> take_errands_behind() { return std::exchange(behind_, {}); }
  /// No phase follows.
  void finish();

  /// What filters told last; nullptr: nothing. Until the next phase begins.
  const std::string* told(std::string_view fact) const;
  /// As those of Findings.
  void settle_recipient() { findings_.settle_recipient(); }
  void pass_over_recipient() { findings_.pass_over_recipient(); }

 private:
  friend class Facts;

  /// A filter in the phase that is judged.
  struct Seat {
    std::size_t filter;
    bool ended = false;
    bool late = false;
    unsigned tries = 0;
    std::uint64_t micros = 0;
    std::vector<const Knowledge::Lookup*> lookups{};  // that it waits for
    std::vector<const Knowledge::Errand*> errands{};
    std::vector<const Knowledge::Call*> calls{};
    std::vector<std::size_t> tellers{};
    std::shared_ptr<const void> kept{};  // Facts::once()
  };
  struct Told {
    std::string value;
    Phase phase;
  };
  struct Wish {
    Phase phase;
    std::size_t filter;
    Outcome outcome;
    store::Operation operation;
  };

  static bool can_hurry(const Seat& seat);
  bool has_ended(std::size_t filter) const;
  bool can_judge(const Seat& seat) const;
  void judge(Seat& seat);
  Finding ask(const Seat& seat, Facts& facts) const;
  void end(Seat& seat, Finding finding, Facts& facts);
  const std::string& message_text();
  void conclude(bool taken);

  std::shared_ptr<const Chain> chain_;
  const Clock& clock_;
  Knowledge knowledge_;
  const mail::Transaction* transaction_ = nullptr;
  Time now_{};
  std::optional<std::string> text_;  // of the message, in this phase
  std::vector<Seat> seats_;
  Findings findings_;
  std::map<std::string, Told, std::less<>> told_;
  std::vector<Wish> wishes_;
  std::map<std::size_t, unsigned> outcomes_;  // of the session until now, for filters that have wishes
  std::vector<store::Operation> behind_;
  bool concluded_ = true;  // nothing has come since conclude()
};

}  // namespace maildrop::filter
