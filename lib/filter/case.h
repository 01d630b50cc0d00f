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
#include "filter/knowledge.h"
#include "filter/scoring.h"
#include "filter/trace.h"
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

  /// What each filter found in the phase, and the microseconds it took. REQUIRES: advance() said so.
  using Seen = std::function<void(std::size_t filter, const Finding& finding, std::uint64_t micros)>;
  void each_finding(const Seen& seen) const;

  /// What comes of the phase. REQUIRES: advance() said so.
  Verdict decide();

  /// The same, were refusals told in this phase already (filter.decide_at).
  Verdict foreseen() const;

  /// What filters want done of what is over (Facts::at_end), since the last call.
  std::vector<store::Operation> take_errands_behind() { return std::exchange(behind_, {}); }
  /// No phase follows.
  void finish();

  /// What is made of the message that is let in, and whose that is, as Verdict::by.
  struct Marked {
    store::Mark mark = store::Mark::none;
    std::string_view by{};
    bool evidence = false;  // as Verdict::evidence
  };
  Marked marked() const;

  /// What the last decision came from; at RCPT, of that recipient, until he is settled.
  Trace trace() const;
  /// What filters told last; nullptr: nothing. Until the next phase begins.
  const std::string* told(std::string_view fact) const;
  /// What was found of the last recipient goes to that of the message and all who get it, if he does: trace() has that
  /// then. Between two phases.
  void settle_recipient();
  /// One comes who is refused without a question: trace() has nothing of the others. Between two phases.
  void pass_over_recipient();

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
  /// What one filter found at one phase.
  struct Entry {
    Phase phase;
    std::size_t filter;
    Finding finding;
    Effect effect;
    std::uint64_t micros = 0;
    std::vector<std::string> facts{};
  };
  static bool is_silent(const Entry& entry) {
    const Finding& found = entry.finding;
    return found.action == Action::pass && found.score == 0 && !found.allows && !found.failed && found.reason.empty();
  }
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
  void forget(Phase phase);
  static void add(std::vector<Entry>& entries, Entry entry);
  static bool is_worse(const Entry& one, const Entry& other);
  std::vector<const Entry*> concerned() const;
  const Entry* allowing() const;  // nullptr: nobody does
  bool is_spared() const;         // no sum refuses it
  double score() const;
  std::string explain_score() const;
  bool has_evidence(Action action) const;
  Verdict worst(bool tells) const;
  const std::string& message_text();
  unsigned outcomes_without(std::size_t filter, bool taken) const;
  void conclude(bool taken);

  std::shared_ptr<const Chain> chain_;
  const Clock& clock_;
  Knowledge knowledge_;
  const mail::Transaction* transaction_ = nullptr;
  Phase phase_ = Phase::connect;
  Time now_{};
  std::optional<std::string> text_;  // of the message, in this phase
  std::vector<Seat> seats_;
  std::vector<Entry> entries_;    // of all phases; of earlier recipients, the worst that each filter found
  std::vector<Entry> recipient_;  // of the recipient that is asked about, or was last
  bool at_recipient_ = false;     // one is asked about
  unsigned recipients_ = 0;       // of the transaction, that get the message
  bool gone_ = false;             // refused, or this recipient's copy was dropped; he is until decide() lets him in
  std::map<std::string, Told, std::less<>> told_;
  std::vector<Wish> wishes_;
  std::map<std::size_t, unsigned> outcomes_;  // of the session until now, for filters that have wishes
  std::vector<store::Operation> behind_;
  bool concluded_ = true;  // nothing has come since conclude()
};

}  // namespace maildrop::filter
